"""The audit record of an erasure: what remains of the order to forget a person."""

from streams.agents.ledger import Ledger
from streams.domain.identity import iso_day, uuid_of
from streams.domain.vote import DELETED, NO_ANSWER, SCORE_MASK
from streams.engine.partition import partition_of
from streams.engine.state import Output
from streams.events.audit import Audit, encode_audit
from streams.events.response import Response
from streams.events.time import rfc3339_ms


def send_audit(
    ledger: Ledger, response: Response, before: int | None, *, day: int, offset: int, arrival_ms: int, retracted: bool
) -> None:
    """Write down that an order to forget changed something; `before` is the vote that it found, None for none."""
    policy = ledger.policy
    assert response.event in {"forget_identity", "forget_all"}
    counted = before is not None and before & SCORE_MASK != NO_ANSWER and not before & DELETED
    audit = Audit(
        audit_id=uuid_of(f"audit|{policy.responses}|{ledger.shard}|{offset}"),
        action=response.event,
        brand=response.brand,
        store=response.store,
        day=iso_day(day),
        at=rfc3339_ms(arrival_ms),
        partition=ledger.shard,
        offset=offset,
        vote="none" if not counted else "removed" if response.event == "forget_all" else "kept",
        alert="retracted" if retracted else "none",
    )
    key = audit.audit_id.encode()
    ledger.send(policy.audit, partition_of(key, policy.partitions), Output(key, encode_audit(audit)))
