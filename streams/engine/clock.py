"""The clock by which the engine measures how long something takes."""

import asyncio


def loop_s() -> float:
    """Seconds of the running event loop: monotonic, and the same that its timers go by, whatever the loop."""
    return asyncio.get_running_loop().time()
