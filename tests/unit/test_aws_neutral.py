"""The table of what is neutral, and the list of translators: nothing is told twice."""

from collections import Counter

from caisson.terraform.aws.catalogue import TRANSLATORS
from caisson.terraform.aws.neutral import NEUTRAL, PARTIAL
from caisson.topology.resources import EVERY_QUESTION, Question

TRANSLATED = Counter(kind for each in TRANSLATORS for kind in each.types)


def test_every_type_has_one_meaning() -> None:
    assert [kind for kind, times in TRANSLATED.items() if times > 1] == []
    assert TRANSLATED.keys() & NEUTRAL.keys() == set()
    assert TRANSLATED.keys() & PARTIAL.keys() == set()
    assert NEUTRAL.keys() & PARTIAL.keys() == set()


def test_what_holds_data_or_opens_paths_is_not_neutral() -> None:
    telling = """
        acmpca_certificate_authority athena_workgroup cloudformation_stack
        cloudwatch_log_subscription_filter codecommit_repository cognito_user_pool
        datasync_task dlm_lifecycle_policy dx_gateway ec2_client_vpn_endpoint
        ec2_traffic_mirror_session flow_log glacier_vault glue_connection grafana_workspace
        iam_group_membership iam_role_policy_attachment kinesis_video_stream lightsail_instance
        qldb_ledger ram_resource_association s3_access_point s3control_bucket s3tables_table
        sagemaker_notebook_instance ses_receipt_rule ssoadmin_account_assignment
        storagegateway_gateway transfer_server verifiedaccess_endpoint vpc_endpoint_policy
        vpclattice_service_network_vpc_association waf_web_acl workspaces_workspace
    """
    assert [each for each in telling.split() if f"aws_{each}" in NEUTRAL] == []


def test_what_is_partial_concerns_something_but_not_everything() -> None:
    assert all(each and each < EVERY_QUESTION for each in PARTIAL.values())


def test_who_may_do_what_is_left_to_that_question() -> None:
    assert PARTIAL["aws_ssoadmin_account_assignment"] == {Question.ACCESS}
