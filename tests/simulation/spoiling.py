"""A state that is not what was written: empty, an older copy of itself, or one whose first rows are gone."""

import orjson
from aiokafka import TopicPartition

from tests.simulation.broker import Broker
from tests.simulation.truth import MARKER_KEY, visible


def spoil(broker: Broker, kind: str, app_id: str, state: TopicPartition, source: TopicPartition) -> bool:
    """Do it, where there is something to spoil that anybody could notice; says whether it was done.

    Rolled back is as little as the group can tell: to the newest marker that is behind what the group was told.
    """
    log = broker.log(state)
    markers = [row for row in visible(broker, log, kept=True) if row.key == MARKER_KEY]
    if kind == "cut":
        if markers:
            log.delete_before(markers[-1].offset)
        return log.start > 0
    told = broker.offsets.get((app_id, source))
    if told is None:
        return False
    if kind == "lose":
        log.roll_back(0)
        return True
    position = 0
    end = None
    for row in markers:
        if position < told:
            end = row.offset
        assert row.value is not None
        position = orjson.loads(row.value[1:])["sources"][source.topic]["position"]
    if end is None:
        return False
    log.roll_back(next(entry.base for entry in log.entries if entry.base <= end <= entry.last))
    return True
