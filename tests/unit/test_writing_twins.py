"""Two things of one name are refused: Terraform would know the second alone."""

from pathlib import Path

import pytest
from writing_support import ESTATE, rendered

from caisson.estate.mistakes import EstateErrors


def test_a_service_that_is_called_like_a_part_of_every_site_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EstateErrors, match=r"2 of the name `aws_security_group\.us_west_balancer`"):
        rendered(tmp_path, ESTATE.replace("mailer:", "balancer:"))


def test_names_that_run_together_with_those_of_regions_are_refused(tmp_path: Path) -> None:
    text = ESTATE.replace("standby: us-east", "standby: us").replace("us-east: ", "us:")
    text = text.replace("mailer:", "west-web:")
    with pytest.raises(EstateErrors, match="us_west_web"):
        rendered(tmp_path, text)


def test_a_store_may_be_called_like_a_service_of_aws(tmp_path: Path) -> None:
    for name in ("s3", "internet", "cloudfront"):
        rendered(tmp_path, ESTATE.replace("orders", name))


def test_a_former_name_that_something_else_has_is_refused(tmp_path: Path) -> None:
    text = ESTATE.replace("  mailer:\n", "  mailer:\n    was: balancer\n")
    with pytest.raises(EstateErrors, match=r"2 of the name `aws_security_group\.us_west_balancer`"):
        rendered(tmp_path, text)
