"""AWS types that matter to none of the questions, each with the reason."""

from collections.abc import Mapping

from caisson.terraform.aws.neutral_compute import COMPUTE

NEUTRAL: Mapping[str, str] = {
    **COMPUTE,
}
