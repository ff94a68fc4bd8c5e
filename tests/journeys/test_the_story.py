"""The main job from the bank's product to the regulator's table, through public doors, in both ways to run."""

from collections import Counter
from threading import Timer

import pytest

from app.demo import seeding
from app.demo.cast import Cast
from app.demo.story import Story
from app.demo.telling import Teller
from tests.support.platform import Running

FAMILIES = {"FIRST_LOAN", "IP_PLEDGE", "GUARANTEE"}
MARKET_DAY = 26  # about the fewest firms whose loans may be published
FEW = 3


def story_on(running: Running) -> Story:
    return Story(Cast(running.doors), Teller(), seeding.today())


def assert_it_ended_right(story: Story, least_funded: int) -> None:
    assert {plan["family"] for plan in story.recommendations} >= FAMILIES
    statuses = Counter(outcome["status"] for outcome in story.outcomes)
    assert statuses["FUNDED"] >= least_funded
    assert statuses["REFUSED"] == 1
    assert set(statuses) == {"FUNDED", "REFUSED"}


@pytest.mark.slow
def test_a_product_becomes_plans_loans_guarantees_and_an_aggregate(running: Running) -> None:
    story = story_on(running)

    story.play(MARKET_DAY)

    assert_it_ended_right(story, least_funded=20)
    totals = [cell for cell in story.flows["after"]["cells"] if not cell["row"] and not cell["column"]]
    assert totals[0]["value"] >= 20


@pytest.mark.slow
@pytest.mark.parametrize("service", ["lending", "guarantee"])
def test_the_story_ends_right_though_a_service_is_killed_in_its_middle(full: Running, service: str) -> None:
    assert full.platform is not None
    story = story_on(full)
    killing = Timer(3.0, full.platform.kill, [service])
    killing.start()

    story.play_loans(FEW)

    assert not killing.is_alive(), "the story ended before the kill"
    assert_it_ended_right(story, least_funded=4)
