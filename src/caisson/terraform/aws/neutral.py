"""Types of AWS resources that nobody translates, and what they can matter to.

`NEUTRAL` says why a type matters to none of our questions. `PARTIAL` says to which questions at
most a type matters that is not understood. A type in neither may matter to all of them: what is
left out here is never the cause of a wrong verdict, what is put in may be.
"""

from collections.abc import Mapping

from caisson.terraform.aws.neutral_compute import COMPUTE
from caisson.topology.resources import EVERY_QUESTION, Question

_PREFIX = "aws_"

# Why, and which types, without `aws_`.
_WHY: Mapping[str, str] = {
    "measures and warns; nothing of anybody's data is in it": """
        cloudwatch_composite_alarm cloudwatch_contributor_insight_rule
        cloudwatch_contributor_managed_insight_rule cloudwatch_dashboard
        cloudwatch_log_anomaly_detector cloudwatch_log_metric_filter cloudwatch_metric_alarm
        cloudwatch_metric_stream cloudwatch_query_definition codestarnotifications_notification_rule
        devopsguru_event_sources_config devopsguru_notification_channel
        devopsguru_resource_collection devopsguru_service_integration ec2_network_insights_analysis
        ec2_network_insights_path internetmonitor_monitor networkmonitor_monitor
        networkmonitor_probe notifications_channel_association notifications_event_rule
        notifications_notification_configuration notifications_notification_hub
        notificationscontacts_email_contact prometheus_alert_manager_definition
        prometheus_rule_group_namespace resiliencehub_resiliency_policy s3_bucket_metric
        s3control_storage_lens_configuration synthetics_group synthetics_group_association
        vpc_network_performance_metric_subscription xray_group xray_sampling_rule
    """,
    "tells somebody that something happened": """
        backup_vault_notifications codecommit_trigger vpc_endpoint_connection_notification
    """,
    "looks for mistakes and attackers; it changes nothing and opens nothing": """
        accessanalyzer_analyzer accessanalyzer_archive_rule auditmanager_account_registration
        auditmanager_assessment auditmanager_assessment_delegation auditmanager_assessment_report
        auditmanager_control auditmanager_framework auditmanager_framework_share
        auditmanager_organization_admin_account_registration backup_framework backup_report_plan
        codeguruprofiler_profiling_group codegurureviewer_repository_association
        config_aggregate_authorization config_config_rule config_configuration_aggregator
        config_configuration_recorder config_configuration_recorder_status config_conformance_pack
        config_organization_conformance_pack config_organization_custom_policy_rule
        config_organization_custom_rule config_organization_managed_rule
        config_retention_configuration detective_graph detective_invitation_accepter
        detective_member detective_organization_admin_account detective_organization_configuration
        ecr_registry_scanning_configuration fms_admin_account guardduty_detector
        guardduty_detector_feature guardduty_filter guardduty_invite_accepter guardduty_ipset
        guardduty_malware_protection_plan guardduty_member guardduty_member_detector_feature
        guardduty_organization_admin_account guardduty_organization_configuration
        guardduty_organization_configuration_feature guardduty_publishing_destination
        guardduty_threatintelset inspector2_delegated_admin_account inspector2_enabler
        inspector2_filter inspector2_member_association inspector2_organization_configuration
        inspector_assessment_target inspector_assessment_template inspector_resource_group
        macie2_account macie2_classification_export_configuration macie2_classification_job
        macie2_custom_data_identifier macie2_findings_filter macie2_invitation_accepter
        macie2_member macie2_organization_admin_account macie2_organization_configuration
        securityhub_account securityhub_action_target securityhub_automation_rule
        securityhub_configuration_policy securityhub_configuration_policy_association
        securityhub_finding_aggregator securityhub_insight securityhub_invite_accepter
        securityhub_member securityhub_organization_admin_account
        securityhub_organization_configuration securityhub_product_subscription
        securityhub_standards_control securityhub_standards_control_association
        securityhub_standards_subscription
    """,
    "refuses some requests to what can be reached; it opens nothing": """
        shield_application_layer_automatic_response shield_proactive_engagement shield_protection
        shield_protection_group shield_protection_health_check_association shield_subscription
    """,
    "counts what is paid": """
        bcmdataexports_export budgets_budget ce_anomaly_monitor ce_anomaly_subscription
        ce_cost_allocation_tag ce_cost_category computeoptimizer_enrollment_status
        computeoptimizer_recommendation_preferences costoptimizationhub_enrollment_status
        costoptimizationhub_preferences cur_report_definition servicequotas_service_quota
        servicequotas_template servicequotas_template_association
    """,
    "says how many, how large or when; not where or for whom": """
        athena_capacity_reservation
    """,
    "a way in which programs are replaced; not where they run or what they reach": """
        codedeploy_app codedeploy_deployment_config codedeploy_deployment_group
        codepipeline_custom_action_type signer_signing_job signer_signing_profile
        signer_signing_profile_permission
    """,
    "a recipe; nothing is made by it alone": """
        imagebuilder_container_recipe imagebuilder_image_recipe ecr_lifecycle_policy
        ecr_repository_creation_template
    """,
    "a setting of a program, or a text of its own": """
        appconfig_application appconfig_configuration_profile appconfig_deployment
        appconfig_deployment_strategy appconfig_environment appconfig_extension
        appconfig_extension_association appconfig_hosted_configuration_version athena_named_query
        athena_prepared_statement glue_data_quality_ruleset schemas_discoverer schemas_registry
        schemas_schema ses_template
    """,
    "content of a store that is itself read": """
        cloudwatch_log_stream
    """,
    "how a bucket answers, not whom": """
        s3_bucket_accelerate_configuration s3_bucket_cors_configuration
        s3_bucket_intelligent_tiering_configuration s3_bucket_request_payment_configuration
        s3_bucket_website_configuration
    """,
    "narrows or hides, and opens nothing": """
        cloudwatch_log_data_protection_policy cloudwatch_log_index_policy
        ebs_snapshot_block_public_access ec2_instance_metadata_defaults
        organizations_policy_attachment sns_topic_data_protection_policy
        sqs_queue_redrive_allow_policy
    """,
    "keeps deleted things for a while, or tries a restore": """
        backup_restore_testing_plan backup_restore_testing_selection rbin_rule
    """,
    "starts programs at times and carries only its own text": """
        scheduler_schedule scheduler_schedule_group
    """,
    "reads a stream that is itself read": """
        kinesis_stream_consumer
    """,
    "names what is read elsewhere, or says who answers for it": """
        account_alternate_contact account_primary_contact iam_account_alias resourceexplorer2_index
        resourceexplorer2_view resourcegroups_group resourcegroups_resource
        servicecatalogappregistry_application servicecatalogappregistry_attribute_group
        servicecatalogappregistry_attribute_group_association
    """,
    "how accounts stand to each other; what anybody may do is in policies, which are read": """
        cloudtrail_organization_delegated_admin_account organizations_account
        organizations_delegated_administrator organizations_organization
        organizations_organizational_unit
    """,
    "makes a region or a zone usable; nothing is in it yet": """
        account_region
    """,
    "plans addresses; a VPC says itself which it has": """
        ec2_subnet_cidr_reservation vpc_ipam vpc_ipam_organization_admin_account vpc_ipam_pool
        vpc_ipam_pool_cidr vpc_ipam_pool_cidr_allocation vpc_ipam_preview_next_cidr
        vpc_ipam_resource_discovery vpc_ipam_resource_discovery_association vpc_ipam_scope
    """,
    "which name servers machines ask; a name opens no path": """
        default_vpc_dhcp_options vpc_dhcp_options vpc_dhcp_options_association
    """,
    "names that mail is sent under": """
        ses_configuration_set ses_domain_dkim ses_domain_identity ses_domain_identity_verification
        ses_domain_mail_from ses_email_identity ses_receipt_filter ses_active_receipt_rule_set
        ses_receipt_rule_set sesv2_account_suppression_attributes sesv2_account_vdm_attributes
        sesv2_configuration_set sesv2_dedicated_ip_assignment sesv2_dedicated_ip_pool
        sesv2_email_identity sesv2_email_identity_feedback_attributes
        sesv2_email_identity_mail_from_attributes
    """,
    "how somebody shows who he is; what he may do is in policies, which are read": """
        iam_access_key iam_account_password_policy iam_group_policies_exclusive
        iam_openid_connect_provider iam_organizations_features iam_role_policies_exclusive
        iam_saml_provider iam_security_token_service_preferences iam_server_certificate
        iam_service_linked_role iam_service_specific_credential iam_signing_certificate
        iam_user_login_profile iam_user_policies_exclusive iam_user_ssh_key iam_virtual_mfa_device
    """,
    "patches and records machines that are read": """
        ssm_default_patch_baseline ssm_patch_baseline ssm_patch_group ssm_service_setting
        ssm_resource_data_sync
    """,
    "who is called when something is wrong": """
        ssmcontacts_contact ssmcontacts_contact_channel ssmcontacts_plan ssmcontacts_rotation
        ssmincidents_replication_set ssmincidents_response_plan
    """,
    "a paper": """
        licensemanager_association licensemanager_grant licensemanager_grant_accepter
        licensemanager_license_configuration
    """,
    "a setting of the account for what is made by other tools": """
        backup_global_settings ecr_account_setting sns_sms_preferences
    """,
    "a device that is registered; what it may do is in policies": """
        iot_billing_group iot_thing iot_thing_group iot_thing_group_membership iot_thing_type
    """,
}

_ACCESS = frozenset({Question.ACCESS})
_RIGHTS = frozenset({Question.ACCESS, Question.EXPOSURE})
_MOVES = frozenset({Question.RESIDENCY, Question.ISOLATION})
_COPIES = _MOVES | {Question.RECOVERABILITY}
_KEYS = frozenset({Question.ENCRYPTION, Question.ISOLATION})
# What runs programs and keeps nothing.
_RUNS = EVERY_QUESTION - {Question.RECOVERABILITY}
# What keeps data behind an interface of the cloud's, in no VPC.
_KEEPS = EVERY_QUESTION - {Question.REACHABILITY}

_CONCERNS: tuple[tuple[frozenset[Question], str], ...] = (
    (
        _ACCESS,
        """
        budgets_budget_action ecr_pull_through_cache_rule chatbot_slack_channel_configuration
        chatbot_teams_channel_configuration cloud9_environment_membership
        codeconnections_connection
        codestarconnections_connection codebuild_source_credential codebuild_webhook
        codebuild_resource_policy codepipeline_webhook cognito_identity_provider
        cognito_managed_user_pool_client cognito_resource_server cognito_risk_configuration
        cognito_user_group cognito_user_in_group cognito_user_pool_client cognito_user_pool_domain
        cognito_user_pool_ui_customization controltower_control
        ec2_serial_console_access identitystore_group identitystore_group_membership
        identitystore_user iot_certificate iot_ca_certificate iot_policy iot_policy_attachment
        iot_role_alias iot_thing_principal_attachment lakeformation_data_cells_filter
        lakeformation_data_lake_settings lakeformation_lf_tag lakeformation_opt_in
        lakeformation_permissions lakeformation_resource lakeformation_resource_lf_tag
        lakeformation_resource_lf_tags oam_sink_policy rolesanywhere_profile
        rolesanywhere_trust_anchor schemas_registry_policy servicecatalog_constraint
        servicecatalog_organizations_access servicecatalog_portfolio servicecatalog_portfolio_share
        servicecatalog_principal_portfolio_association servicecatalog_product
        servicecatalog_product_portfolio_association servicecatalog_provisioning_artifact
        servicecatalog_service_action servicecatalog_tag_option
        servicecatalog_tag_option_resource_association ses_identity_policy
        sesv2_email_identity_policy shield_drt_access_role_arn_association ssm_activation
        ssm_document ssm_maintenance_window ssm_maintenance_window_target
        ssm_maintenance_window_task ssoadmin_account_assignment ssoadmin_application
        ssoadmin_application_access_scope ssoadmin_application_assignment
        ssoadmin_application_assignment_configuration ssoadmin_customer_managed_policy_attachment
        ssoadmin_instance_access_control_attributes ssoadmin_managed_policy_attachment
        ssoadmin_permission_set ssoadmin_permissions_boundary_attachment
        ssoadmin_trusted_token_issuer verifiedpermissions_identity_source verifiedpermissions_policy
        verifiedpermissions_policy_store verifiedpermissions_policy_template
        verifiedpermissions_schema xray_resource_policy
        """,
    ),
    (
        _RIGHTS,
        """
        cognito_identity_pool_provider_principal_tag s3control_object_lambda_access_point
        s3control_object_lambda_access_point_policy
        """,
    ),
    (
        _RIGHTS | {Question.ISOLATION},
        """
        s3control_access_grant s3control_access_grants_instance
        s3control_access_grants_instance_resource_policy s3control_access_grants_location
        s3control_directory_bucket_access_point_scope s3control_multi_region_access_point
        s3control_multi_region_access_point_policy
        """,
    ),
    (
        _MOVES,
        """
        iot_topic_rule ses_event_destination ses_identity_notification_topic
        sesv2_configuration_set_event_destination sns_platform_application waf_web_acl
        wafregional_web_acl shield_drt_access_log_bucket_association
        imagebuilder_distribution_configuration
        """,
    ),
    (_MOVES | {Question.ACCESS}, "oam_link oam_sink"),
    (_MOVES | _KEYS, "athena_workgroup cloudwatch_event_connection xray_encryption_config"),
    (_MOVES | _RIGHTS, "ses_receipt_rule ssm_association fis_experiment_template"),
    (_MOVES, "cloudwatch_event_api_destination"),
    (_COPIES, "cloudwatch_event_endpoint dlm_lifecycle_policy sesv2_contact_list"),
    (frozenset({Question.ACCESS, Question.CONSISTENCY}), "config_remediation_configuration"),
    (_KEYS, "glue_security_configuration glue_data_catalog_encryption_settings"),
    (_KEYS | {Question.ACCESS}, "glue_catalog_database glue_catalog_table glue_resource_policy"),
    (_KEYS | _COPIES, "kms_custom_key_store"),
    (
        # What an image or a snapshot may be shared with.
        frozenset({Question.EXPOSURE}),
        "ec2_image_block_public_access",
    ),
    (_RUNS, "appsync_graphql_api"),
    (
        _KEEPS,
        "codecommit_repository cognito_user",
    ),
)


def _by_type(types: str) -> tuple[str, ...]:
    return tuple(f"{_PREFIX}{each}" for each in types.split())


PARTIAL: Mapping[str, frozenset[Question]] = {
    each: questions for questions, types in _CONCERNS for each in _by_type(types)
}
NEUTRAL: Mapping[str, str] = {
    **{each: why for each, why in COMPUTE.items() if each not in PARTIAL},
    **{each: why for why, types in _WHY.items() for each in _by_type(types)},
}
