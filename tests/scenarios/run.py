"""The runner of scenarios: one line for each case, exit code 1 when one failed.

    python3 tests/scenarios/NAME_test.py [-l] [CASE …]

A case is an `async def` without a leading underscore, in the order of the file. A module with `setup()` (an async
context manager) gives what it yields to each case as its argument. A publish that breaks config/schema fails the case
that saw it.
"""
import asyncio
import functools
import inspect
import sys
import time
import traceback

from patience import patient

CASE_TIMEOUT = patient(90)


def cases(module):
    """The cases of a test module (its globals()), by name."""
    own = module['__name__']
    return {
        name: function
        for name, function in module.items()
        if inspect.iscoroutinefunction(function) and not name.startswith('_') and function.__module__ == own
    }


def cases_with(module, *arguments):
    """The cases of a module of cases, each for these arguments."""
    return {name: functools.partial(case, *arguments) for name, case in cases(vars(module)).items()}


def main(module, setup=None):
    """module: globals() of the test; or its cases, as a dict, with the setup to use."""
    sys.stdout.reconfigure(encoding='utf-8', errors='replace')
    setup = setup or module.get('setup')
    found = cases(module) if '__name__' in module else module
    wanted = sys.argv[1:]
    if wanted == ['-l']:
        print('\n'.join(found))
        sys.exit(0)
    unknown = [name for name in wanted if name not in found]
    if unknown:
        sys.exit('no such case: %s\nthere are: %s' % (', '.join(unknown), ', '.join(found)))
    chosen = {name: function for name, function in found.items() if not wanted or name in wanted}
    sys.exit(asyncio.run(_run(chosen, setup)))


async def _run(chosen, setup):
    failed = []
    if setup:
        async with setup() as site:
            for name, case in chosen.items():
                await _one(name, case, failed, site)
            if failed and hasattr(site, 'print_logs'):
                site.print_logs()
    else:
        for name, case in chosen.items():
            await _one(name, case, failed)
    print(
        '%d of %d passed%s'
        % (len(chosen) - len(failed), len(chosen), '' if not failed else '; failed: ' + ' '.join(failed))
    )
    return 1 if failed else 0


async def _one(name, case, failed, *arguments):
    started = time.monotonic()
    problem = None
    try:
        await asyncio.wait_for(case(*arguments), CASE_TIMEOUT)
        problem = _broken_contracts()
    except asyncio.TimeoutError:
        problem = traceback.format_exc() + 'the case took more than %d s' % CASE_TIMEOUT
    except Exception:  # whatever went wrong in a case is that case's failure
        problem = traceback.format_exc()
        problem += _broken_contracts() or ''
    finally:
        for site in arguments:
            await site.after_case()
    print('%s %-60s %5.1f s' % ('FAIL' if problem else 'ok  ', name, time.monotonic() - started), flush=True)
    if problem:
        failed.append(name)
        print('     ' + problem.strip().replace('\n', '\n     '), flush=True)


def _broken_contracts():
    clients = sys.modules.get('mqtt_client')
    if not clients or not clients.contract_violations:
        return None
    text = 'publishes that break config/schema:\n' + '\n'.join(clients.contract_violations)
    clients.contract_violations.clear()
    return text
