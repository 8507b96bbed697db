"""What the commands share when they talk to Kafka: their settings and its errors."""

import asyncio
import logging
import os
from collections.abc import Coroutine
from typing import Any, TypeVar

import click
from aiokafka.errors import KafkaConnectionError, KafkaError, UnknownTopicOrPartitionError

from streams.settings import Settings

T = TypeVar("T")


class NoKafka(click.ClickException):
    """Kafka could not be reached, or could not do what it was asked for: one line, and exit status 1."""


def settings_here() -> Settings:
    """Settings of this process's environment; raises BadSetting, which `nps` shows as one line."""
    return Settings.from_env(os.environ)


def run(settings: Settings, work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end. Raises NoKafka, saying where and why, for whatever goes wrong with Kafka."""
    quieten()
    try:
        return asyncio.run(work)
    except (KafkaError, TimeoutError) as error:
        raise NoKafka(describe(settings, error)) from error


def quieten() -> None:
    """Leave out aiokafka's own log: it says what we say, less clearly."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL + 1)


def describe(settings: Settings, error: BaseException) -> str:
    """Say in one line what went wrong between us and Kafka."""
    if isinstance(error, KafkaConnectionError):
        return f"no Kafka answers at {settings.brokers}. Is it running? NPS_BROKERS says where it is."
    said = " ".join(map(str, error.args))
    if isinstance(error, UnknownTopicOrPartitionError):
        return f"there is no topic {said}. `nps topics create` makes it."
    return f"Kafka at {settings.brokers}: {said or type(error).__name__}"
