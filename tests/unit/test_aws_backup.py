"""What AWS Backup takes, how often, where to, and for how long."""

import pytest
from terraform_support import Thing, outside, reading, ref, refs, thing, unknown

from caisson.terraform.aws import backup
from caisson.terraform.aws.schedules import longest_gap_s
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.resources import Holding, Movement, Question, Rest, Way

HOUR, DAY = 3_600.0, 86_400.0
PLAN, VAULT, DB = "aws_backup_plan.p", "aws_backup_vault.v", "aws_db_instance.db"


@pytest.mark.parametrize(
    ("expression", "hours"),
    [
        ("rate(1 hour)", 1),
        ("rate(12 hours)", 12),
        ("rate(7 days)", 168),
        ("cron(0 5 * * ? *)", 24),
        ("cron(0 5,17 * * ? *)", 12),
        ("cron(0,45 5 * * ? *)", 23.25),
        ("cron(0 6,8 * * ? *)", 22),
        ("cron(0 */6 * * ? *)", 6),
        ("cron(15 0/4 ? * * *)", 4),
        ("cron(0 5 ? * SUN *)", 168),
        ("cron(0 5 ? * MON-FRI *)", 72),
        ("cron(0 5 ? * 2,4 *)", 120),
        ("cron(0 5 1 * ? *)", 31 * 24),
        ("cron(0 5 L * ? *)", 31 * 24),
        ("cron(0 5 ? * 2#1 *)", 35 * 24),
        ("cron(0 5 ? * 6L *)", 35 * 24),
        ("cron(0 5 1 JAN,JUL ? *)", 184 * 24),
    ],
)
def test_the_longest_time_between_runs(expression: str, hours: float) -> None:
    assert longest_gap_s(expression) == hours * HOUR


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "daily",
        "rate(0 hours)",
        "at(2030-01-01T00:00:00)",
        "cron(0 5 * * *)",
        "cron(0 5 * * ? 2030)",
        "cron(0 25 * * ? *)",
        "cron(0 5 15W * ? *)",
        "cron(0 5 31 2 ? *)",
    ],
)
def test_schedules_that_bound_nothing_or_make_no_sense(expression: str) -> None:
    assert longest_gap_s(expression) is None


# Vaults


def vault(*things: Thing, address: str = VAULT, **attributes: object) -> Holding:
    (found,) = backup.read(reading(thing(address, **attributes), *things)).holdings
    return found


def test_a_vault() -> None:
    found = vault(name="v", kms_key_arn=UNKNOWN)
    assert (found.rest, found.encrypted, found.keys) == (Rest.BACKUP, True, ())
    assert (found.deletion_protected, found.public) == (False, False)
    key = thing("aws_kms_key.k")
    assert vault(key, kms_key_arn=ref("aws_kms_key.k")).keys == ("aws_kms_key.k",)


def test_locks() -> None:
    lock = "aws_backup_vault_lock_configuration.l"
    assert vault(thing(lock, backup_vault_name=ref(VAULT))).deletion_protected is True
    assert vault(thing(lock, backup_vault_name=unknown())).deletion_protected is None
    gapped = vault(address="aws_backup_logically_air_gapped_vault.v")
    assert gapped.deletion_protected is True


# Plans


def rule(**more: object) -> dict[str, object]:
    return {
        "rule_name": "daily",
        "target_vault_name": ref(VAULT),
        "schedule": "cron(0 5 * * ? *)",
        "start_window": 60,
        "completion_window": 120,
        **more,
    }


def selection(**attributes: object) -> Thing:
    return thing("aws_backup_selection.s", **{"plan_id": ref(PLAN), **attributes})


def read(*things: Thing, rules: object = None) -> Fragment:
    return backup.read(
        reading(thing(VAULT, name="v"), thing(PLAN, rule=rules or [rule()]), *things)
    )


def moved(*things: Thing, rules: object = None) -> list[Movement]:
    return list(read(*things, rules=rules).movements)


def of_db(rules: object = None) -> list[Movement]:
    return moved(thing(DB), selection(resources=refs(DB)), rules=rules)


def test_a_daily_backup() -> None:
    (found,) = of_db([rule(lifecycle=[{"delete_after": 35}])])
    assert (found.way, found.source, found.target) == (Way.BACKUP, DB, VAULT)
    assert (found.lag_least_s, found.lag_most_s) == (DAY, DAY + 3 * HOUR)
    assert found.kept_s == 35 * DAY
    assert not found.point_in_time
    assert found.sure
    assert found.via == "backup plan aws_backup_plan.p, rule daily"


def test_a_backup_that_is_kept_who_knows_how_long_may_be_gone() -> None:
    (found,) = of_db([rule(lifecycle=[{"delete_after": unknown()}])])
    assert (found.sure, found.kept_s) == (False, None)


def test_the_windows_that_the_provider_fills_in() -> None:
    (found,) = of_db([rule(start_window=None, completion_window=None)])
    assert found.lag_most_s == DAY + 4 * HOUR
    assert found.kept_s is None


def test_clocks_that_are_set_back() -> None:
    (found,) = of_db([rule(schedule_expression_timezone="Europe/Berlin")])
    assert found.lag_most_s == DAY + 4 * HOUR


@pytest.mark.parametrize(
    "change", [{"schedule": unknown()}, {"schedule": None}, {"completion_window": unknown()}]
)
def test_what_bounds_nothing(change: dict[str, object]) -> None:
    (found,) = of_db([rule(**change)])
    assert found.lag_most_s is None


def test_continuous_backup_only_of_what_can_have_it() -> None:
    continuous = [rule(enable_continuous_backup=True)]
    (found,) = of_db(continuous)
    assert (found.point_in_time, found.lag_least_s, found.lag_most_s) == (True, 0.0, 300.0)
    volume = thing("aws_ebs_volume.d")
    (found,) = moved(volume, selection(resources=refs("aws_ebs_volume.d")), rules=continuous)
    assert (found.point_in_time, found.lag_most_s) == (False, DAY + 3 * HOUR)


def test_copies_go_on_from_the_resource_itself() -> None:
    there = thing("aws_backup_vault.there", in_region="eu-west-1")
    copy = {
        "destination_vault_arn": ref("aws_backup_vault.there"),
        "lifecycle": [{"delete_after": 90}],
    }
    found = moved(there, thing(DB), selection(resources=refs(DB)), rules=[rule(copy_action=[copy])])
    assert [(each.way, each.source, each.target) for each in found] == [
        (Way.BACKUP, DB, VAULT),
        (Way.COPY, DB, "aws_backup_vault.there"),
    ]
    assert found[1].kept_s == 90 * DAY
    assert found[1].lag_most_s == 2 * DAY + 3 * HOUR


def test_a_vault_that_was_not_read_is_where_its_arn_says() -> None:
    arn = "arn:aws:backup:us-east-1:222222222222:backup-vault:far"
    found = read(
        thing(DB),
        selection(resources=refs(DB)),
        rules=[rule(copy_action=[{"destination_vault_arn": outside(arn)}])],
    )
    there = found.holdings[-1]
    assert (there.region, there.account, there.jurisdiction) == (
        "us-east-1",
        "222222222222",
        "us",
    )
    assert (there.rest, there.encrypted, there.multi_zone) == (Rest.BACKUP, True, True)
    assert (there.deletion_protected, there.public) == (None, None)
    assert found.movements[-1].target == there.id


def test_the_default_vault_is_beside_the_plan() -> None:
    found = read(
        thing(DB), selection(resources=refs(DB)), rules=[rule(target_vault_name="Default")]
    )
    assert found.holdings[-1].region == "eu-central-1"
    assert found.movements[0].target == found.holdings[-1].id


def test_a_vault_known_after_apply_is_a_gap() -> None:
    found = read(
        thing(DB), selection(resources=refs(DB)), rules=[rule(target_vault_name=unknown())]
    )
    assert found.movements == ()
    assert any(Question.RECOVERABILITY in each.questions for each in found.gaps)


# Selections


def takes(*attributes: Thing, **chosen: object) -> dict[str, bool]:
    found = moved(*attributes, selection(**chosen))
    return {each.source: each.sure for each in found}


TAGGED = thing(DB, tags={"backup": "yes"}, tags_all={"backup": "yes", "by": "provider"})
PLAIN = thing("aws_dynamodb_table.t", name="orders", tags={})


def tag(value: str, key: str = "backup") -> dict[str, str]:
    return {"type": "STRINGEQUALS", "key": key, "value": value}


def test_by_tag() -> None:
    assert takes(TAGGED, PLAIN, selection_tag=[tag("yes")]) == {DB: True}
    assert takes(TAGGED, PLAIN, selection_tag=[tag("provider", "by")]) == {DB: True}
    assert takes(TAGGED, PLAIN, selection_tag=[tag("no")]) == {}
    either = [tag("no"), tag("yes")]
    assert takes(TAGGED, PLAIN, selection_tag=either) == {DB: True}


def test_tags_known_after_apply() -> None:
    assert takes(thing(DB, tags=unknown()), selection_tag=[tag("yes")]) == {DB: False}
    some = thing(DB, tags={"backup": unknown()})
    assert takes(some, selection_tag=[tag("yes")]) == {DB: False}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", {DB: True, "aws_dynamodb_table.t": True}),
        ("arn:aws:dynamodb:*:*:table/*", {"aws_dynamodb_table.t": True}),
        ("arn:aws:dynamodb:*:*:table/ord*", {"aws_dynamodb_table.t": True}),
        ("arn:aws:dynamodb:*:*:table/users", {}),
        ("arn:aws:dynamodb:us-east-1:*:table/*", {}),
        ("arn:aws:rds:*:*:db:*", {DB: True}),
        ("arn:aws:rds:*:*:cluster:*", {}),
        # The identifier is not known.
        ("arn:aws:rds:*:*:db:main-*", {DB: False}),
        # The last wildcard is all that is missing.
        ("arn:aws:rds:*", {DB: True}),
        ("arn:aws:rds:*:*:*", {DB: True}),
        ("arn:aws:rds:us-*", {}),
        ("arn:aws:*", {DB: True, "aws_dynamodb_table.t": True}),
        ("arn:aws:ec2:*", {}),
        ("arn:aws:rds", {}),
        ("*:db:*", {DB: False, "aws_dynamodb_table.t": False}),
    ],
)
def test_by_arn_with_wildcards(pattern: str, expected: dict[str, bool]) -> None:
    assert takes(TAGGED, PLAIN, resources=[pattern]) == expected


def test_a_bucket_is_named_without_region_and_needs_versions() -> None:
    bucket = thing("aws_s3_bucket.b", bucket="files")
    assert takes(bucket, resources=["arn:aws:s3:::*"]) == {"aws_s3_bucket.b": False}
    versions = thing(
        "aws_s3_bucket_versioning.v",
        bucket=ref("aws_s3_bucket.b"),
        versioning_configuration=[{"status": "Enabled"}],
    )
    assert takes(bucket, versions, resources=["arn:aws:s3:::*"]) == {"aws_s3_bucket.b": True}


def test_what_is_excluded() -> None:
    assert takes(TAGGED, PLAIN, resources=["*"], not_resources=refs(DB)) == {
        "aws_dynamodb_table.t": True
    }
    perhaps = takes(TAGGED, PLAIN, resources=["*"], not_resources=unknown(DB))
    assert perhaps == {DB: False, "aws_dynamodb_table.t": False}


def test_all_of_a_service_is_excluded() -> None:
    assert takes(TAGGED, PLAIN, resources=["*"], not_resources=["arn:aws:rds:*"]) == {
        "aws_dynamodb_table.t": True
    }


def test_conditions_narrow() -> None:
    def condition(operator: str, value: str) -> dict[str, object]:
        return {operator: [{"key": "aws:ResourceTag/backup", "value": value}]}

    everything = ["*"]
    both = [condition("string_equals", "yes"), condition("string_not_equals", "yes")]
    assert takes(TAGGED, PLAIN, resources=everything, condition=both[:1]) == {DB: True}
    assert takes(TAGGED, PLAIN, resources=everything, condition=both) == {}
    like = [condition("string_like", "y*")]
    assert takes(TAGGED, PLAIN, resources=everything, condition=like) == {DB: True}
    unlike = [condition("string_not_like", "y*")]
    assert takes(TAGGED, PLAIN, resources=everything, condition=unlike) == {
        "aws_dynamodb_table.t": True
    }


def test_a_list_and_tags_together_are_sure_only_where_they_agree() -> None:
    assert takes(TAGGED, PLAIN, resources=refs(DB), selection_tag=[tag("yes")]) == {DB: True}
    assert takes(TAGGED, PLAIN, resources=refs(DB), selection_tag=[tag("no")]) == {DB: False}


def test_nothing_said_takes_everything() -> None:
    assert takes(TAGGED, PLAIN) == {DB: True, "aws_dynamodb_table.t": True}


def test_only_of_the_region_and_account_of_the_plan() -> None:
    far = thing("aws_db_instance.far", in_region="us-east-1")
    foreign = thing("aws_db_instance.foreign", in_account="222222222222")
    assert takes(far, foreign, resources=["*"]) == {}


def settings(**choices: bool) -> Thing:
    return thing("aws_backup_region_settings.s", resource_type_opt_in_preference=choices)


def test_types_that_are_not_opted_in() -> None:
    assert takes(TAGGED, settings(RDS=False), selection_tag=[tag("yes")]) == {}
    assert takes(TAGGED, settings(EBS=False), selection_tag=[tag("yes")]) == {DB: True}
    # What is listed is taken all the same, but for clusters.
    assert takes(TAGGED, settings(RDS=False), resources=refs(DB)) == {DB: True}
    for types in ("arn:aws:rds:*:*:db:*", "arn:aws:rds:::db:*"):
        assert takes(TAGGED, settings(RDS=False), resources=[types]) == {DB: True}
    for services in ("*", "arn:aws:rds:*", "arn:aws:rds:*:*:*"):
        assert takes(TAGGED, settings(RDS=False), resources=[services]) == {}
        others = [services, "arn:aws:ec2:*:*:volume/*"]
        assert takes(TAGGED, settings(RDS=False), resources=others) == {}
    bucket = thing("aws_s3_bucket.b", bucket="files")
    assert takes(bucket, settings(S3=False), resources=["arn:aws:s3:*"]) == {}
    assert takes(bucket, settings(S3=False), resources=["arn:aws:s3:::*"]) != {}
    cluster = thing("aws_rds_cluster.c")
    aurora = settings(Aurora=False)
    assert takes(cluster, aurora, resources=refs("aws_rds_cluster.c")) == {}


def test_a_machine_is_backed_up_disk_by_disk() -> None:
    machine = thing("aws_instance.m", root_block_device=[{}])
    assert takes(machine, resources=refs("aws_instance.m")) == {"aws_instance.m/root": True}


def test_a_selection_known_after_apply() -> None:
    found = read(thing(DB), selection(resources=unknown()))
    assert [each.sure for each in found.movements] == [False]
    assert any(
        {Question.RECOVERABILITY, Question.RESIDENCY} <= each.questions and each.about == (DB,)
        for each in found.gaps
    )
    assert read(thing(DB), selection(resources=refs(DB))).gaps == ()


@pytest.mark.parametrize("plan", [outside("0123"), unknown(), ref("aws_backup_tomorrow.p")])
def test_a_plan_that_was_not_read_may_back_up_what_is_selected(plan: object) -> None:
    found = read(
        thing(DB), thing("aws_backup_tomorrow.p"), selection(plan_id=plan, resources=refs(DB))
    )
    (left_open,) = found.gaps
    assert left_open.about == (DB,)
    assert Question.RECOVERABILITY in left_open.questions


def test_a_plan_that_nothing_is_selected_for_backs_nothing_up() -> None:
    assert moved(TAGGED) == []


@pytest.mark.parametrize("rules", [UNKNOWN, [rule(copy_action=UNKNOWN)]])
def test_rules_and_copies_that_cannot_be_seen_are_gaps(rules: object) -> None:
    found = read(thing(DB), selection(resources=refs(DB)), rules=rules)
    assert any(not each.about for each in found.gaps)


def test_conditions_that_cannot_be_seen_narrow_perhaps() -> None:
    # Where nobody wrote any, the provider reads back that there are none.
    assert takes(TAGGED, resources=refs(DB), condition=UNKNOWN) == {DB: True}
    assert takes(TAGGED, resources=refs(DB), not_resources=UNKNOWN) == {DB: True}
    assert takes(TAGGED, resources=refs(DB), condition=unknown()) == {DB: False}
    assert takes(TAGGED, resources=refs(DB), condition=[{"string_equals": UNKNOWN}]) == {DB: False}
