// SCRAM: the keys and the server. (Both headers, for who wants all of it.)
#pragma once

#include "gateway/passwords/scram_keys.h"
#include "gateway/passwords/scram_server.h"
