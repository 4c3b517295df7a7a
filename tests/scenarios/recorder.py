"""What every client of a scenario is: a list of what it received, in order, that can be awaited."""
import asyncio
import itertools
import uuid

from patience import patient

TIMEOUT = 10
_ids = itertools.count(1)


def new_id():
    return 'id-%d-%s' % (next(_ids), uuid.uuid4().hex[:8])


class Recorder:
    """A list of events that can be awaited."""

    name = 'client'

    def __init__(self):
        self.events = []
        self._waiters = []

    def record(self, event):
        self.events.append(event)
        for predicate, future in list(self._waiters):
            if not future.done() and predicate(event):
                future.set_result(event)

    def mark(self):
        return len(self.events)

    def find(self, predicate, after=0):
        return next((event for event in self.events[after:] if predicate(event)), None)

    def all(self, predicate, after=0):
        return [event for event in self.events[after:] if predicate(event)]

    async def wait(self, predicate, timeout=TIMEOUT, after=0, what=''):
        found = self.find(predicate, after)
        if found is not None:
            return found
        future = asyncio.get_running_loop().create_future()
        waiter = (predicate, future)
        self._waiters.append(waiter)
        try:
            return await asyncio.wait_for(future, patient(timeout))
        except asyncio.TimeoutError:
            recent = '\n'.join('    ' + self.show(event) for event in self.events[after:][-12:]) or '    (nothing)'
            raise AssertionError(
                '%s saw no %s within %s s. It saw:\n%s' % (self.name, what or 'such event', timeout, recent)
            ) from None
        finally:
            self._waiters.remove(waiter)

    async def never(self, predicate, fence, after=0, what=''):
        """Nothing that fits has come by the time `fence` (an awaitable that a later event ends) is done."""
        await fence
        found = self.find(predicate, after)
        assert found is None, '%s saw an unexpected %s: %s' % (self.name, what or 'event', self.show(found))

    def show(self, event):
        return str(event)
