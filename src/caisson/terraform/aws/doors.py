"""Where the things of an account say whom they let in of other accounts, type by type.

`CLOSED` says why a type lets in nobody by itself: AWS gives it no such document, list or setting,
or another question asks for it. A type that is in no table here may let in anybody: what is left
out is never the cause of a wrong verdict, what is put in may be. Names stand without `aws_`.
"""

from collections.abc import Iterable, Mapping

_PREFIX = "aws_"


def _each(types: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{_PREFIX}{each}" for each in types)


def _by_type(tables: Mapping[str, str]) -> dict[str, str]:
    return {one: word for word, types in tables.items() for one in _each(types.split())}


# The attribute that holds a policy document, whose principals are let in.
DOCUMENTS = _by_type(
    {
        "assume_role_policy": "iam_role",
        "policy": """
            acmpca_policy api_gateway_rest_api api_gateway_rest_api_policy backup_vault_policy
            cloudwatch_event_bus_policy codebuild_resource_policy dynamodb_resource_policy
            ecr_registry_policy ecr_repository_policy ecrpublic_repository_policy
            efs_file_system_policy glue_resource_policy kinesis_resource_policy kms_external_key
            kms_key kms_key_policy kms_replica_external_key kms_replica_key
            media_store_container_policy msk_cluster_policy networkfirewall_resource_policy
            oam_sink_policy redshift_resource_policy redshiftserverless_resource_policy
            s3_access_point s3_bucket s3_bucket_policy
            s3control_access_grants_instance_resource_policy s3control_access_point_policy
            s3control_bucket_policy
            s3control_object_lambda_access_point_policy schemas_registry_policy
            secretsmanager_secret secretsmanager_secret_policy ses_identity_policy
            sesv2_email_identity_policy sns_topic sns_topic_policy sqs_queue sqs_queue_policy
            vpclattice_resource_policy
        """,
        "access_policies": """
            elasticsearch_domain elasticsearch_domain_policy opensearch_domain
            opensearch_domain_policy
        """,
        "access_policy": """
            cloudsearch_domain_service_access_policy cloudwatch_log_destination_policy
            glacier_vault
        """,
        "content": "organizations_resource_policy",
        "delivery_destination_policy": "cloudwatch_log_delivery_destination_policy",
        "policy_document": """
            cloudwatch_log_resource_policy codeartifact_domain_permissions_policy
            codeartifact_repository_permissions_policy xray_resource_policy
        """,
        "resource_policy": """
            s3tables_table_bucket_policy s3tables_table_policy sagemaker_model_package_group_policy
        """,
    }
)
# Documents that say who may take a role.
TRUSTS = frozenset(_each(("iam_role",)))
# What opens a document of these to everybody may be closed again by another setting, or only lets
# in who comes through the network.
_ANSWERING = """
    api_gateway_rest_api api_gateway_rest_api_policy efs_file_system_policy elasticsearch_domain
    elasticsearch_domain_policy opensearch_domain opensearch_domain_policy s3_access_point
    s3_bucket s3_bucket_policy s3control_access_point_policy s3control_bucket_policy
    s3control_object_lambda_access_point_policy
"""
ANSWERING = frozenset(_each(_ANSWERING.split()))
# The attributes that name a principal to whom the resource is a permission.
PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "aws_cloudwatch_event_permission": ("principal",),
    "aws_kms_grant": ("grantee_principal", "retiring_principal"),
    "aws_lambda_layer_version_permission": ("principal",),
    "aws_lambda_permission": ("principal",),
    "aws_signer_signing_profile_permission": ("principal",),
    "aws_vpc_endpoint_service_allowed_principal": ("principal_arn",),
}
# The attribute with the number of an account that is let in.
ACCOUNTS: Mapping[str, str] = {
    "aws_ami_launch_permission": "account_id",
    "aws_config_aggregate_authorization": "account_id",
    "aws_redshift_endpoint_authorization": "account",
    "aws_snapshot_create_volume_permission": "account_id",
}
# The same, of an account that may do something in every account of the organization.
EVERYWHERE = _by_type(
    {
        "account_id": """
            cloudtrail_organization_delegated_admin_account detective_organization_admin_account
            fms_admin_account inspector2_delegated_admin_account
            organizations_delegated_administrator
        """,
        "admin_account_id": """
            auditmanager_organization_admin_account_registration
            guardduty_organization_admin_account macie2_organization_admin_account
            securityhub_organization_admin_account
        """,
        "delegated_admin_account_id": "vpc_ipam_organization_admin_account",
    }
)
# Canned lists that name nobody of another account. Server access logs come from buckets of the
# same account: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
_CANNED = ("bucket-owner-full-control", "bucket-owner-read", "log-delivery-write", "private")
# Attributes that let others in unless they have one of these values.
LISTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "aws_db_cluster_snapshot": {"shared_accounts": ()},
    "aws_db_snapshot": {"shared_accounts": ()},
    "aws_db_snapshot_copy": {"shared_accounts": ()},
    "aws_lambda_function_url": {"authorization_type": ("AWS_IAM",)},
    "aws_rds_cluster_snapshot_copy": {"shared_accounts": ()},
    "aws_s3_bucket": {"acl": _CANNED, "grant": ()},
    "aws_s3_bucket_acl": {"acl": _CANNED, "access_control_policy": ()},
    "aws_s3_bucket_logging": {"target_grant": ()},
    "aws_s3_bucket_object": {"acl": _CANNED},
    "aws_s3_object": {"acl": _CANNED},
    "aws_s3_object_copy": {"acl": _CANNED, "grant": ()},
    "aws_vpc_endpoint_service": {"allowed_principals": ()},
}

_CLOSED: Mapping[str, str] = {
    "in the network, which is looked at by itself": """
        alb alb_listener alb_listener_certificate alb_listener_rule alb_target_group
        alb_target_group_attachment default_network_acl default_route_table default_security_group
        default_subnet default_vpc ec2_instance_connect_endpoint ec2_managed_prefix_list
        ec2_managed_prefix_list_entry ec2_transit_gateway ec2_transit_gateway_connect
        ec2_transit_gateway_connect_peer ec2_transit_gateway_default_route_table_association
        ec2_transit_gateway_default_route_table_propagation ec2_transit_gateway_peering_attachment
        ec2_transit_gateway_peering_attachment_accepter ec2_transit_gateway_prefix_list_reference
        ec2_transit_gateway_route ec2_transit_gateway_route_table
        ec2_transit_gateway_route_table_association ec2_transit_gateway_route_table_propagation
        ec2_transit_gateway_vpc_attachment ec2_transit_gateway_vpc_attachment_accepter
        egress_only_internet_gateway eip eip_association elb elb_attachment internet_gateway
        internet_gateway_attachment lb lb_cookie_stickiness_policy lb_listener
        lb_listener_certificate lb_listener_rule lb_target_group lb_target_group_attachment
        lb_trust_store main_route_table_association nat_gateway network_acl
        network_acl_association network_acl_rule network_interface network_interface_attachment
        network_interface_sg_attachment networkfirewall_firewall networkfirewall_firewall_policy
        networkfirewall_logging_configuration networkfirewall_rule_group route route_table
        route_table_association security_group security_group_rule subnet vpc
        vpc_dhcp_options vpc_dhcp_options_association vpc_endpoint_connection_accepter
        vpc_endpoint_private_dns vpc_endpoint_route_table_association
        vpc_endpoint_security_group_association vpc_endpoint_subnet_association
        vpc_ipv4_cidr_block_association vpc_ipv6_cidr_block_association vpc_peering_connection
        vpc_peering_connection_accepter vpc_peering_connection_options
        vpc_security_group_egress_rule vpc_security_group_ingress_rule
        vpc_security_group_vpc_association vpn_connection vpn_connection_route vpn_gateway
        vpn_gateway_attachment vpn_gateway_route_propagation customer_gateway
        default_vpc_dhcp_options flow_log
    """,
    "its policy takes away from what may be done through it, and lets nobody in": """
        vpc_endpoint vpc_endpoint_policy
    """,
    "runs programs, which others reach by the network or by a permission of its own": """
        autoscaling_attachment autoscaling_group autoscaling_group_tag autoscaling_policy
        autoscaling_schedule autoscaling_lifecycle_hook appautoscaling_policy
        appautoscaling_scheduled_action appautoscaling_target ecs_capacity_provider ecs_cluster
        ecs_cluster_capacity_providers ecs_service ecs_task_definition ecs_task_set instance
        key_pair lambda_alias lambda_event_source_mapping lambda_function
        lambda_function_event_invoke_config lambda_layer_version
        lambda_provisioned_concurrency_config launch_configuration launch_template
        ec2_instance_metadata_defaults sfn_state_machine placement_group
    """,
    "keeps data for its account; who shares it says so in another resource, which is read": """
        ami ami_copy ami_from_instance backup_plan backup_region_settings backup_selection
        backup_vault backup_vault_lock_configuration backup_vault_notifications
        backup_global_settings dynamodb_contributor_insights dynamodb_global_table
        dynamodb_kinesis_streaming_destination dynamodb_table dynamodb_table_item
        dynamodb_table_replica ebs_default_kms_key ebs_encryption_by_default ebs_snapshot
        ebs_snapshot_block_public_access ebs_snapshot_copy ebs_volume ecr_lifecycle_policy
        ecr_registry_scanning_configuration ecr_replication_configuration ecr_repository
        efs_access_point efs_backup_policy efs_file_system efs_mount_target
        efs_replication_configuration kinesis_firehose_delivery_stream kinesis_stream
        s3_account_public_access_block s3_bucket_accelerate_configuration
        s3_bucket_analytics_configuration s3_bucket_cors_configuration
        s3_bucket_intelligent_tiering_configuration s3_bucket_inventory
        s3_bucket_lifecycle_configuration s3_bucket_metric
        s3_bucket_notification s3_bucket_object_lock_configuration s3_bucket_ownership_controls
        s3_bucket_public_access_block s3_bucket_replication_configuration
        s3_bucket_request_payment_configuration s3_bucket_server_side_encryption_configuration
        s3_bucket_versioning s3_bucket_website_configuration secretsmanager_secret_rotation
        secretsmanager_secret_version sns_topic_subscription sqs_queue_redrive_allow_policy
        sqs_queue_redrive_policy ssm_parameter volume_attachment
    """,
    "lets in who signs in to it, from where the network lets them": """
        dax_cluster dax_parameter_group dax_subnet_group db_event_subscription db_instance
        db_instance_automated_backups_replication db_instance_role_association db_option_group
        db_parameter_group db_proxy db_proxy_default_target_group db_proxy_endpoint
        db_proxy_target db_subnet_group docdb_cluster docdb_cluster_instance
        docdb_cluster_parameter_group docdb_global_cluster docdb_subnet_group
        elasticache_cluster elasticache_global_replication_group elasticache_parameter_group
        elasticache_replication_group elasticache_serverless_cache elasticache_subnet_group
        elasticache_user elasticache_user_group elasticache_user_group_association
        memorydb_acl memorydb_cluster memorydb_parameter_group memorydb_subnet_group memorydb_user
        mq_broker mq_configuration msk_cluster msk_configuration msk_serverless_cluster
        neptune_cluster neptune_cluster_instance neptune_cluster_parameter_group
        neptune_parameter_group neptune_subnet_group rds_cluster rds_cluster_activity_stream
        rds_cluster_endpoint rds_cluster_instance rds_cluster_parameter_group
        rds_cluster_role_association rds_global_cluster redshift_cluster
        redshift_parameter_group redshift_subnet_group
    """,
    "says what those may do who are in the account; who may be one of them is in trusts": """
        iam_access_key iam_account_alias iam_account_password_policy iam_group
        iam_group_membership iam_group_policies_exclusive iam_group_policy
        iam_group_policy_attachment iam_group_policy_attachments_exclusive iam_instance_profile
        iam_openid_connect_provider iam_policy iam_policy_attachment iam_role_policies_exclusive
        iam_role_policy iam_role_policy_attachment iam_role_policy_attachments_exclusive
        iam_saml_provider iam_server_certificate iam_service_linked_role iam_user
        iam_user_group_membership iam_user_login_profile iam_user_policies_exclusive
        iam_user_policy iam_user_policy_attachment iam_user_policy_attachments_exclusive
        iam_user_ssh_key iam_virtual_mfa_device kms_alias
    """,
    "how accounts stand to each other; what is done in them, is by roles that trust": """
        organizations_account organizations_organization organizations_organizational_unit
        organizations_policy organizations_policy_attachment account_alternate_contact
        account_primary_contact account_region
    """,
    "watches and records for its account": """
        accessanalyzer_analyzer accessanalyzer_archive_rule budgets_budget cloudtrail
        cloudwatch_composite_alarm cloudwatch_dashboard cloudwatch_event_archive
        cloudwatch_event_bus cloudwatch_event_rule cloudwatch_event_target
        cloudwatch_log_account_policy cloudwatch_log_data_protection_policy
        cloudwatch_log_delivery cloudwatch_log_delivery_destination
        cloudwatch_log_delivery_source cloudwatch_log_destination cloudwatch_log_group
        cloudwatch_log_metric_filter cloudwatch_log_stream cloudwatch_log_subscription_filter
        cloudwatch_metric_alarm cloudwatch_query_definition config_config_rule
        config_configuration_aggregator config_configuration_recorder
        config_configuration_recorder_status config_delivery_channel guardduty_detector
        guardduty_detector_feature guardduty_organization_configuration
        guardduty_organization_configuration_feature securityhub_account
        securityhub_standards_subscription
    """,
    "answers the requests of everybody, or filters them": """
        acm_certificate acm_certificate_validation cloudfront_cache_policy
        cloudfront_function cloudfront_key_group
        cloudfront_key_value_store cloudfront_origin_access_control
        cloudfront_origin_access_identity cloudfront_origin_request_policy
        cloudfront_public_key cloudfront_response_headers_policy
        cloudfrontkeyvaluestore_key cloudfrontkeyvaluestore_keys_exclusive
        globalaccelerator_accelerator globalaccelerator_endpoint_group globalaccelerator_listener
        route53_health_check route53_hosted_zone_dnssec route53_key_signing_key
        route53_query_log route53_record route53_resolver_query_log_config route53_zone
        shield_protection wafv2_ip_set wafv2_regex_pattern_set wafv2_rule_group wafv2_web_acl
        wafv2_web_acl_association wafv2_web_acl_logging_configuration
    """,
    # The function of an application of AWS that rotates secrets may be called by Secrets Manager,
    # for a secret by whose owner it may be called (`lambda:InvokeFunction`), and changes no secret
    # but those of its account that name it; what other applications make is not told at all:
    # https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
    "makes a function that others may not call": """
        serverlessapplicationrepository_cloudformation_stack
    """,
}
CLOSED: Mapping[str, str] = {
    one: why for why, types in _CLOSED.items() for one in _each(types.split())
}
