"""Attributes that name things, and that the provider fills in when they are null."""

from collections.abc import Mapping

# By attribute, at any depth: the types without `aws_`. From the schema of hashicorp/aws 5.100:
# what is both optional and computed there.
_FILLED_IN: Mapping[str, str] = {
    "admin_password_secret_kms_key_id": "redshiftserverless_namespace",
    "allocation_id": "eip_association",
    "ami": "instance spot_instance_request",
    "associated_gateway_id": "dx_gateway_association",
    "bucket": "elastictranscoder_pipeline s3_bucket",
    "bucket_name": "redshift_cluster",
    "certificate_arn": "dms_endpoint dms_s3_endpoint",
    "cluster": "ecs_service",
    "cluster_identifier": "docdb_cluster neptune_cluster rds_cluster",
    "cluster_parameter_group_name": "redshift_cluster",
    "cluster_subnet_group_name": "redshift_cluster",
    "db_cluster_parameter_group_name": "docdb_cluster rds_cluster",
    "db_subnet_group_name": "db_instance docdb_cluster rds_cluster rds_cluster_instance",
    "emr_managed_master_security_group": "emr_cluster",
    "emr_managed_slave_security_group": "emr_cluster",
    "encryption_at_rest_kms_key_arn": "msk_cluster",
    "encryption_key": "codeartifact_domain codebuild_project",
    "file_system_id": "efs_replication_configuration",
    "global_replication_group_id": "elasticache_replication_group",
    "iam_instance_profile": "instance spot_instance_request",
    "iam_role": "ecs_service",
    "iam_role_arn": "appstream_fleet appstream_image_builder",
    "iam_roles": "rds_cluster redshift_cluster redshiftserverless_namespace",
    "image_arn": "appstream_fleet appstream_image_builder",
    "instance": "eip",
    "instance_id": "eip_association",
    "instances": "elb",
    "key_id": "ssm_parameter",
    "key_name": "instance key_pair launch_configuration spot_fleet_request spot_instance_request",
    "kms_arn": "appflow_connector_profile appflow_flow",
    "kms_key": "ecr_repository ecr_repository_creation_template qldb_ledger",
    "kms_key_arn": """
        backup_vault dms_endpoint dms_replication_instance dms_s3_endpoint dynamodb_table
        dynamodb_table_replica neptune_cluster
    """,
    "kms_key_id": """
        ami_copy codecommit_repository db_instance db_instance_automated_backups_replication
        devopsguru_service_integration dms_replication_config docdb_cluster
        docdbelastic_cluster ebs_volume efs_file_system elasticsearch_domain fsx_file_cache
        fsx_lustre_file_system fsx_ontap_file_system fsx_openzfs_file_system
        fsx_windows_file_system instance kinesis_video_stream mq_broker opensearch_domain
        rds_cluster rds_custom_db_engine_version rds_integration redshift_cluster
        redshift_integration redshift_snapshot_copy_grant redshiftserverless_namespace
        s3_bucket_object s3_object s3_object_copy secretsmanager_secret spot_fleet_request
        spot_instance_request timestreamwrite_database
    """,
    "kms_key_identifier": "neptunegraph_graph",
    "launch_template_id": "autoscaling_group",
    "load_balancers": "autoscaling_group spot_fleet_request",
    "log_destination": "flow_log",
    "log_group": "lambda_function",
    "log_group_name": "flow_log",
    "managed_policy_arns": "iam_role",
    "master_password_secret_kms_key_id": "redshift_cluster",
    "master_user_secret_kms_key_id": "db_instance rds_cluster",
    "monitoring_role_arn": "db_instance rds_cluster rds_cluster_instance",
    "namespace": "ecs_service quicksight_iam_policy_assignment quicksight_role_membership",
    "namespace_id": "service_discovery_service",
    "neptune_subnet_group_name": "neptune_cluster neptune_cluster_instance",
    "network_interface": "eip",
    "network_interface_id": "eip_association route",
    "option_group_name": "db_instance db_snapshot_copy",
    "parameter_group_name": """
        dax_cluster db_instance elasticache_cluster elasticache_replication_group
        memorydb_cluster
    """,
    "performance_insights_kms_key_id": """
        db_instance docdb_cluster_instance rds_cluster rds_cluster_instance
    """,
    "policy": """
        api_gateway_rest_api kms_external_key kms_key kms_replica_external_key
        kms_replica_key s3_access_point s3_bucket secretsmanager_secret sns_topic sqs_queue
        vpc_endpoint vpc_endpoint_policy
    """,
    "preferred_subnet_id": "fsx_windows_file_system",
    "redrive_policy": "sqs_queue",
    "replication_group_id": "elasticache_cluster",
    "replication_subnet_group_id": "dms_replication_instance",
    "role_arn": """
        appautoscaling_target cloudwatch_log_subscription_filter
        cognito_managed_user_pool_client cognito_user_pool_client lakeformation_resource
        medialive_input
    """,
    "route_table_ids": "fsx_ontap_file_system fsx_openzfs_file_system vpc_endpoint",
    "secret_arn": "dx_macsec_key_association",
    "security_group_ids": """
        appstream_fleet appstream_image_builder dax_cluster ec2_client_vpn_endpoint
        ec2_instance_connect_endpoint elasticache_cluster elasticache_replication_group
        elasticache_serverless_cache elasticsearch_vpc_endpoint m2_environment
        medialive_channel msk_serverless_cluster opensearch_vpc_endpoint
        opensearchserverless_vpc_endpoint opsworks_instance prometheus_scraper
        redshiftserverless_workgroup transfer_server vpc_endpoint
        vpclattice_resource_gateway
    """,
    "security_groups": """
        alb efs_mount_target elb instance lb network_interface sagemaker_notebook_instance
        spot_instance_request
    """,
    "service_access_security_group": "emr_cluster",
    "service_role": "batch_compute_environment",
    "snapshot_id": """
        ebs_volume instance launch_configuration opsworks_instance spot_fleet_request
        spot_instance_request
    """,
    "snapshot_identifier": "db_instance",
    "source_db_cluster_identifier": """
        docdb_global_cluster neptune_global_cluster rds_global_cluster
    """,
    "source_security_group_id": "security_group_rule",
    "subnet_group_name": """
        dax_cluster elasticache_cluster elasticache_replication_group memorydb_cluster
    """,
    "subnet_id": """
        cloudhsm_v2_hsm emr_cluster instance opsworks_instance spot_fleet_request
        spot_instance_request
    """,
    "subnet_ids": """
        appstream_fleet appstream_image_builder docdbelastic_cluster
        elasticache_serverless_cache emr_cluster m2_environment mq_broker network_acl
        redshiftserverless_workgroup vpc_endpoint workspaces_directory
    """,
    "subnets": "alb elb lb",
    "target_group_arns": "autoscaling_group spot_fleet_request",
    "target_id": "cloudwatch_event_target",
    "trusted_key_groups": "cloudfront_distribution",
    "vpc_endpoint_id": "transfer_server",
    "vpc_endpoint_ids": "api_gateway_rest_api",
    "vpc_id": """
        default_security_group ec2_client_vpn_endpoint internet_gateway opsworks_stack
        security_group vpn_gateway
    """,
    "vpc_security_group_ids": """
        db_instance db_proxy db_proxy_endpoint dms_replication_config
        dms_replication_instance docdb_cluster docdbelastic_cluster instance neptune_cluster
        rds_cluster redshift_cluster redshift_endpoint_access
        redshiftserverless_endpoint_access spot_fleet_request spot_instance_request
    """,
    "vpc_zone_identifier": "autoscaling_group",
}
_TYPES = {name: frozenset(types.split()) for name, types in _FILLED_IN.items()}


def filled_in(type_: str, attribute: str) -> bool:
    """Return whether the provider gives this attribute of the type a value when nobody does."""
    return type_.removeprefix("aws_") in _TYPES.get(attribute, ())


def stays_null(type_: str, attribute: str) -> bool:
    """Return whether it is certain that the provider leaves the attribute null."""
    return attribute in _TYPES and type_.startswith("aws_") and not filled_in(type_, attribute)
