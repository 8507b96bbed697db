"""What is promised, each with the tests that hold it to its word on a real Kafka."""

from collections.abc import Callable
from inspect import getmembers, isfunction
from types import ModuleType
from typing import Any

import pytest

from tests.board import test_guard
from tests.kafka import (
    test_alarms,
    test_broker,
    test_corrections,
    test_dead_letters,
    test_desk,
    test_faults,
    test_figures,
    test_lifecycle,
    test_named,
    test_refusals,
    test_rehoming,
    test_replay,
    test_restore,
    test_scores,
)

Test = Callable[..., Any]

PROMISES: dict[str, tuple[Test, ...]] = {
    "exactly once: across crashes": (
        test_faults.test_a_worker_killed_under_load_loses_nothing_and_repeats_nothing,
        test_scores.test_a_score_held_back_by_a_worker_that_died_is_published_by_the_next,
        test_alarms.test_a_burst_is_raised_once_and_released_by_whoever_comes_next,
        test_restore.test_a_foreign_open_transaction_does_not_shorten_a_restore,
        test_restore.test_what_kafka_forgot_to_abort_is_not_committed_by_the_next_owner,
        test_restore.test_what_a_producer_aborted_is_passed_over,
    ),
    "exactly once: across rolling restarts": (
        test_faults.test_a_rolling_restart_under_load_changes_nothing,
        test_lifecycle.test_a_worker_asked_to_leave_under_load_is_gone_in_ten_seconds_and_loses_nothing,
        test_named.test_a_named_worker_comes_back_to_its_shards_and_nobody_else_notices,
    ),
    "exactly once: across rebalances": (test_faults.test_a_second_and_a_third_worker_join_under_load_without_a_trace,),
    "exactly once: across broker restarts": (test_broker.test_a_broker_that_goes_and_comes_back_leaves_no_trace,),
    "exactly once: across zombies": (
        test_faults.test_a_worker_frozen_past_its_session_and_woken_is_fenced_and_changes_nothing,
        test_faults.test_a_worker_frozen_between_transactions_and_woken_changes_nothing,
        test_named.test_of_two_workers_with_one_name_the_older_one_ends,
    ),
    "nothing is dropped silently": (
        test_figures.test_figures_of_mixed_responses_equal_an_independent_recount,
        test_dead_letters.test_a_third_of_malformed_traffic_ends_in_the_dead_letters_and_nothing_else_does,
        test_dead_letters.test_records_about_the_size_limits_are_counted_below_and_set_aside_above,
        test_dead_letters.test_a_stray_record_that_would_not_fit_with_our_headers_is_set_aside,
        test_dead_letters.test_the_breaker_trips_at_the_record_above_its_limit_until_an_order_lifts_it,
        test_rehoming.test_strays_go_home_with_their_arrival_and_a_second_time_wrong_is_a_dead_letter,
    ),
    "the same log gives the same result": (
        test_replay.test_a_log_replayed_into_an_empty_state_gives_the_same_alerts_and_the_same_digest,
        test_replay.test_answers_sent_again_change_nothing_and_raise_nothing,
        test_rehoming.test_what_arrived_long_ago_elsewhere_arrived_then,
    ),
    "a number never lies": (
        test_figures.test_figures_of_mixed_responses_equal_an_independent_recount,
        test_scores.test_without_answers_a_score_is_null_and_never_zero,
        test_scores.test_a_score_held_back_is_published_in_time_though_nothing_more_arrives,
    ),
    "figures and alerts survive corrections": (
        test_figures.test_figures_of_mixed_responses_equal_an_independent_recount,
        test_corrections.test_a_correction_moves_the_vote_in_the_bucket_of_its_own_day,
        test_corrections.test_an_alert_follows_its_response_event_by_event_though_a_worker_dies_between,
        test_replay.test_a_log_replayed_into_an_empty_state_gives_the_same_alerts_and_the_same_digest,
        test_faults.test_a_worker_killed_under_load_loses_nothing_and_repeats_nothing,
        test_faults.test_a_worker_frozen_past_its_session_and_woken_is_fenced_and_changes_nothing,
    ),
    "every unhappy customer is followed up, and each word of it is said once": (
        test_desk.test_each_event_of_each_alert_is_told_once_whoever_dies_or_wakes_up,
        test_desk.test_a_case_lives_step_by_step_though_a_worker_dies_after_each,
        test_desk.test_a_closed_store_has_no_score_and_its_cases_go_to_the_region,
        test_desk.test_the_digest_knows_cases_and_which_clocks_fired,
    ),
    "fail stop": (
        test_lifecycle.test_a_worker_that_cannot_write_ends_before_it_acknowledges_anything,
        test_lifecycle.test_a_worker_is_alive_before_kafka_is_and_ready_once_the_topics_are,
        test_refusals.test_input_deleted_unread_is_refused,
        test_refusals.test_a_topic_recreated_with_less_is_refused,
        test_refusals.test_a_topic_recreated_with_others_is_refused,
        test_refusals.test_a_lost_state_is_refused,
        test_refusals.test_a_state_rolled_back_is_refused,
        test_refusals.test_a_cut_state_is_refused,
        test_refusals.test_the_state_of_another_deployment_is_refused,
        test_refusals.test_a_row_of_a_later_release_is_refused,
        test_refusals.test_a_transaction_that_stays_open_is_refused,
        test_refusals.test_what_is_no_reason_to_refuse_is_none,
    ),
    "private by default": (
        test_lifecycle.test_no_customer_is_quoted_in_logs_metrics_or_headers,
        test_lifecycle.test_a_worker_listens_on_loopback_alone,
        test_guard.test_beyond_loopback_the_board_wants_a_token,
    ),
}
"""What is promised, and by which claims it is kept."""


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_has_tests_that_say_what_they_claim(promise: str) -> None:
    """A claim without a sentence is none."""
    assert all(test.__doc__ for test in PROMISES[promise])


def test_every_test_on_a_real_kafka_keeps_a_promise() -> None:
    """What keeps none is not listed here, or not needed there."""
    modules: list[ModuleType] = [module for module in globals().values() if isinstance(module, ModuleType)]
    here = [module for module in modules if module.__name__.startswith("tests.kafka.")]
    there = {test for module in here for name, test in getmembers(module, isfunction) if name.startswith("test_")}
    assert set() == there - {test for tests in PROMISES.values() for test in tests}
