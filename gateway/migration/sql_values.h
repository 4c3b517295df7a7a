// One value of an INSERT (texts in all their forms, numbers, NULL) or of COPY. For sql_reader.cpp.
#pragma once

#include "gateway/migration/sql_lexer.h"

namespace ferry {

// The next byte is the value's first; afterwards it is the comma or parenthesis behind it. False: the value has no end.
bool read_sql_value(Input& input, SqlLexer& lexer, const SqlLimits& limits, SqlValue& value);

// What a column is compared with in HSQLDB's DELETE: a text or a number. False: a text without an end.
bool read_condition_value(Input& input, SqlLexer& lexer, SqlValue& value);

// One value of a row of COPY; returns what stood behind it: a tab, a line feed or the end. wanted: not? then it is only
// passed over. ended, of a row's first value: it was \., the end of all of them.
int read_copy_value(Input& input, SqlLexer& lexer, const SqlLimits& limits, SqlValue& value, bool wanted, bool* ended);

}  // namespace ferry
