import pytest

pytest.register_assert_rewrite("tests.kafka.checks", "tests.kafka.waiting", "tests.kafka.worker")
