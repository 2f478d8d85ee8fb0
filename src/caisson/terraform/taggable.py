"""Which resources of AWS take tags, and with them those that their provider gives to everything."""

# The second word of types, and what follows it in each; `-` is nothing. From the schema of
# hashicorp/aws 5.100: what has `tags_all`.
_TAKE_TAGS = """
    accessanalyzer: analyzer; acm: certificate; acmpca: certificate_authority; alb: - listener
    listener_rule target_group; ami: - copy from_instance; amplify: app branch; api:
    gateway_api_key gateway_client_certificate gateway_domain_name
    gateway_domain_name_access_association gateway_rest_api gateway_stage gateway_usage_plan
    gateway_vpc_link; apigatewayv2: api domain_name stage vpc_link; appautoscaling: target;
    appconfig: application configuration_profile deployment deployment_strategy environment
    extension; appfabric: app_authorization app_bundle ingestion ingestion_destination; appflow:
    flow; appintegrations: data_integration event_integration; applicationinsights: application;
    appmesh: gateway_route mesh route virtual_gateway virtual_node virtual_router
    virtual_service; apprunner: auto_scaling_configuration_version connection
    observability_configuration service vpc_connector vpc_ingress_connection; appstream: fleet
    image_builder stack; appsync: graphql_api; athena: capacity_reservation data_catalog
    workgroup; auditmanager: assessment control framework; backup: framework
    logically_air_gapped_vault plan report_plan restore_testing_plan vault; batch:
    compute_environment job_definition job_queue scheduling_policy; bcmdataexports: export;
    bedrock: custom_model guardrail inference_profile provisioned_model_throughput;
    bedrockagent: agent agent_alias knowledge_base prompt; budgets: budget budget_action; ce:
    anomaly_monitor anomaly_subscription cost_category; chatbot: slack_channel_configuration
    teams_channel_configuration; chime: voice_connector; chimesdkmediapipelines:
    media_insights_pipeline_configuration; chimesdkvoice: sip_media_application
    voice_profile_domain; cleanrooms: collaboration configured_table membership; cloud9:
    environment_ec2; cloudformation: stack stack_set; cloudfront: distribution vpc_origin;
    cloudhsm: v2_cluster; cloudtrail: - event_data_store; cloudwatch: composite_alarm
    contributor_insight_rule contributor_managed_insight_rule event_bus event_rule
    log_anomaly_detector log_delivery log_delivery_destination log_delivery_source
    log_destination log_group metric_alarm metric_stream; codeartifact: domain repository;
    codebuild: fleet project report_group; codecommit: repository; codeconnections: connection
    host; codedeploy: app deployment_group; codeguruprofiler: profiling_group; codegurureviewer:
    repository_association; codepipeline: - custom_action_type webhook; codestarconnections:
    connection; codestarnotifications: notification_rule; cognito: identity_pool user_pool;
    comprehend: document_classifier entity_recognizer; config: aggregate_authorization
    config_rule configuration_aggregator; connect: contact_flow contact_flow_module
    hours_of_operation instance phone_number queue quick_connect routing_profile
    security_profile user user_hierarchy_group vocabulary; controltower: landing_zone; cur:
    report_definition; customer: gateway; customerprofiles: domain; dataexchange: data_set
    revision revision_assets; datapipeline: pipeline; datasync: agent location_azure_blob
    location_efs location_fsx_lustre_file_system location_fsx_ontap_file_system
    location_fsx_openzfs_file_system location_fsx_windows_file_system location_hdfs location_nfs
    location_object_storage location_s3 location_smb task; datazone: domain; dax: cluster; db:
    cluster_snapshot event_subscription instance option_group parameter_group proxy
    proxy_endpoint snapshot snapshot_copy subnet_group; default: network_acl route_table
    security_group subnet vpc vpc_dhcp_options; detective: graph; devicefarm: device_pool
    instance_profile network_profile project test_grid_project; directory: service_directory
    service_region; dlm: lifecycle_policy; dms: certificate endpoint event_subscription
    replication_config replication_instance replication_subnet_group replication_task
    s3_endpoint; docdb: cluster cluster_instance cluster_parameter_group event_subscription
    subnet_group; docdbelastic: cluster; drs: replication_configuration_template; dsql: cluster;
    dx: connection hosted_private_virtual_interface_accepter
    hosted_public_virtual_interface_accepter hosted_transit_virtual_interface_accepter lag
    private_virtual_interface public_virtual_interface transit_virtual_interface; dynamodb:
    table table_replica; ebs: snapshot snapshot_copy snapshot_import volume; ec2:
    capacity_block_reservation capacity_reservation carrier_gateway client_vpn_endpoint fleet
    host instance_connect_endpoint local_gateway_route_table_vpc_association managed_prefix_list
    network_insights_analysis network_insights_path traffic_mirror_filter traffic_mirror_session
    traffic_mirror_target transit_gateway transit_gateway_connect transit_gateway_connect_peer
    transit_gateway_multicast_domain transit_gateway_peering_attachment
    transit_gateway_peering_attachment_accepter transit_gateway_policy_table
    transit_gateway_route_table transit_gateway_vpc_attachment
    transit_gateway_vpc_attachment_accepter; ecr: repository; ecrpublic: repository; ecs:
    capacity_provider cluster service task_definition task_set; efs: access_point file_system;
    egress: only_internet_gateway; eip: -; eks: access_entry addon cluster fargate_profile
    identity_provider_config node_group pod_identity_association; elastic: beanstalk_application
    beanstalk_application_version beanstalk_environment; elasticache: cluster parameter_group
    replication_group reserved_cache_node serverless_cache subnet_group user user_group;
    elasticsearch: domain; elb: -; emr: cluster studio; emrcontainers: job_template
    virtual_cluster; emrserverless: application; evidently: feature launch project segment;
    finspace: kx_cluster kx_database kx_dataview kx_environment kx_scaling_group kx_user
    kx_volume; fis: experiment_template; flow: log; fms: policy resource_set; fsx: backup
    data_repository_association file_cache lustre_file_system ontap_file_system
    ontap_storage_virtual_machine ontap_volume openzfs_file_system openzfs_snapshot
    openzfs_volume windows_file_system; gamelift: alias build fleet game_server_group
    game_session_queue script; glacier: vault; globalaccelerator: accelerator
    cross_account_attachment custom_routing_accelerator; glue: catalog_database connection
    crawler data_quality_ruleset dev_endpoint job ml_transform registry schema trigger workflow;
    grafana: workspace; guardduty: detector filter ipset malware_protection_plan threatintelset;
    iam: instance_profile openid_connect_provider policy role saml_provider server_certificate
    service_linked_role user virtual_mfa_device; imagebuilder: component container_recipe
    distribution_configuration image image_pipeline image_recipe infrastructure_configuration
    lifecycle_policy workflow; inspector: assessment_template; inspector2: filter; instance: -;
    internet: gateway; internetmonitor: monitor; iot: authorizer billing_group ca_certificate
    domain_configuration policy provisioning_template role_alias thing_group thing_type
    topic_rule; ivs: channel playback_key_pair recording_configuration; ivschat:
    logging_configuration room; kendra: data_source faq index query_suggestions_block_list
    thesaurus; key: pair; keyspaces: keyspace table; kinesis: analytics_application
    firehose_delivery_stream stream video_stream; kinesisanalyticsv2: application; kms:
    external_key key replica_external_key replica_key; lambda: code_signing_config
    event_source_mapping function; launch: template; lb: - listener listener_rule target_group
    trust_store; lexv2models: bot; licensemanager: license_configuration; lightsail: bucket
    certificate container_service database disk distribution instance key_pair lb; location:
    geofence_collection map place_index route_calculator tracker; m2: application environment;
    macie2: classification_job custom_data_identifier findings_filter member; media:
    convert_queue package_channel packagev2_channel_group store_container; medialive: channel
    input input_security_group multiplex; memorydb: acl cluster multi_region_cluster
    parameter_group snapshot subnet_group user; mq: broker configuration; msk: cluster
    replicator serverless_cluster vpc_connection; mskconnect: connector custom_plugin
    worker_configuration; mwaa: environment; nat: gateway; neptune: cluster cluster_endpoint
    cluster_instance cluster_parameter_group event_subscription parameter_group subnet_group;
    neptunegraph: graph; network: acl interface; networkfirewall: firewall firewall_policy
    rule_group tls_inspection_configuration; networkmanager: connect_attachment connect_peer
    connection core_network device dx_gateway_attachment global_network link site
    site_to_site_vpn_attachment transit_gateway_peering transit_gateway_route_table_attachment
    vpc_attachment; networkmonitor: monitor probe; notifications: notification_configuration;
    notificationscontacts: email_contact; oam: link sink; opensearch: domain;
    opensearchserverless: collection; opsworks: custom_layer ecs_cluster_layer ganglia_layer
    haproxy_layer java_app_layer memcached_layer mysql_layer nodejs_app_layer php_app_layer
    rails_app_layer stack static_web_layer; organizations: account organizational_unit policy
    resource_policy; osis: pipeline; paymentcryptography: key; pinpoint: app email_template;
    pinpointsmsvoicev2: configuration_set opt_out_list phone_number; pipes: pipe; placement:
    group; prometheus: rule_group_namespace scraper workspace; qbusiness: application; qldb:
    ledger stream; quicksight: analysis dashboard data_set data_source folder namespace template
    theme vpc_connection; ram: resource_share; rbin: rule; rds: cluster cluster_endpoint
    cluster_instance cluster_parameter_group cluster_snapshot_copy custom_db_engine_version
    global_cluster integration reserved_instance shard_group; redshift: cluster cluster_snapshot
    event_subscription hsm_client_certificate hsm_configuration integration parameter_group
    snapshot_copy_grant snapshot_schedule subnet_group usage_limit; redshiftserverless:
    namespace workgroup; rekognition: collection project stream_processor; resiliencehub:
    resiliency_policy; resourceexplorer2: index view; resourcegroups: group; rolesanywhere:
    profile trust_anchor; route: table; route53: health_check resolver_endpoint
    resolver_firewall_domain_list resolver_firewall_rule_group
    resolver_firewall_rule_group_association resolver_query_log_config resolver_rule zone;
    route53domains: domain registered_domain; route53profiles: association profile;
    route53recoveryreadiness: cell readiness_check recovery_group resource_set; rum:
    app_monitor; s3: bucket bucket_object object object_copy; s3control: access_grant
    access_grants_instance access_grants_location bucket storage_lens_configuration; sagemaker:
    app app_image_config code_repository data_quality_job_definition device_fleet domain
    endpoint endpoint_configuration feature_group flow_definition hub human_task_ui image
    mlflow_tracking_server model model_package_group monitoring_schedule notebook_instance
    notebook_instance_lifecycle_configuration pipeline project space studio_lifecycle_config
    user_profile workteam; scheduler: schedule_group; schemas: discoverer registry schema;
    secretsmanager: secret; security: group; securityhub: automation_rule; securitylake:
    data_lake subscriber; serverlessapplicationrepository: cloudformation_stack; service:
    discovery_http_namespace discovery_private_dns_namespace discovery_public_dns_namespace
    discovery_service; servicecatalog: portfolio product provisioned_product;
    servicecatalogappregistry: application attribute_group; sesv2: configuration_set
    contact_list dedicated_ip_pool email_identity; sfn: activity state_machine; shield:
    protection protection_group; signer: signing_profile; sns: topic; spot: fleet_request
    instance_request; sqs: queue; ssm: activation association document maintenance_window
    parameter patch_baseline; ssmcontacts: contact rotation; ssmincidents: replication_set
    response_plan; ssmquicksetup: configuration_manager; ssoadmin: application permission_set
    trusted_token_issuer; storagegateway: cached_iscsi_volume file_system_association gateway
    nfs_file_share smb_file_share stored_iscsi_volume tape_pool; subnet: -; swf: domain;
    synthetics: canary group; timestreaminfluxdb: db_instance; timestreamquery: scheduled_query;
    timestreamwrite: database table; transcribe: language_model medical_vocabulary vocabulary
    vocabulary_filter; transfer: agreement certificate connector profile server user workflow;
    verifiedaccess: endpoint group instance trust_provider; verifiedpermissions: policy_store;
    vpc: - block_public_access_exclusion dhcp_options endpoint endpoint_service ipam ipam_pool
    ipam_resource_discovery ipam_resource_discovery_association ipam_scope peering_connection
    peering_connection_accepter route_server route_server_endpoint route_server_peer
    security_group_egress_rule security_group_ingress_rule; vpclattice: access_log_subscription
    listener listener_rule resource_configuration resource_gateway service service_network
    service_network_resource_association service_network_service_association
    service_network_vpc_association target_group; vpn: connection gateway; waf: rate_based_rule
    rule rule_group web_acl; wafregional: rate_based_rule rule rule_group web_acl; wafv2: ip_set
    regex_pattern_set rule_group web_acl; workspaces: connection_alias directory ip_group
    workspace; workspacesweb: browser_settings data_protection_settings ip_access_settings
    network_settings user_access_logging_settings user_settings; xray: group sampling_rule
"""


def _types(service: str, endings: str) -> tuple[str, ...]:
    return tuple(
        f"aws_{service}" if each == "-" else f"aws_{service}_{each}" for each in endings.split()
    )


_TYPES = frozenset(
    each
    for group in _TAKE_TAGS.split(";")
    for service, _, endings in (group.partition(":"),)
    for each in _types(service.strip(), endings)
)


def takes_tags(type_: str) -> bool:
    """Return whether a resource of this type has tags."""
    return type_ in _TYPES
