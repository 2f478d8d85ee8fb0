"""What stands at the edge: API gateways, CloudFront, accelerators, names, and services beside."""

import pytest
from terraform_support import Thing, outside, reading, ref, refs, thing, unknown

from caisson.terraform.aws import (
    accelerators,
    api_gateway,
    cloudfront,
    cognito,
    managed,
    pipelines,
    route53,
    waf,
)
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import ALL_PORTS, Forward, Membership, Ports
from caisson.topology.resources import Question, Rest, Way

PLACE = (
    thing("aws_vpc.main"),
    thing("aws_subnet.a", vpc_id=ref("aws_vpc.main")),
    thing("aws_security_group.app", vpc_id=ref("aws_vpc.main")),
)
BUCKET = thing("aws_s3_bucket.site")
BALANCER = thing("aws_lb.main", load_balancer_type="application")
FUNCTION = thing("aws_lambda_function.f")
HTTPS = Ports(443, 443)


def only_forward(fragment: Fragment) -> Forward:
    (only,) = fragment.network.forwards
    return only


def used(fragment: Fragment) -> set[tuple[str, str, str]]:
    return {(each.user, each.used, each.why) for each in fragment.uses}


def moved(fragment: Fragment) -> set[tuple[Way, str, str]]:
    return {(each.way, each.source, each.target) for each in fragment.movements}


# API gateways


def rest_api(**attributes: object) -> Thing:
    return thing("aws_api_gateway_rest_api.api", **attributes)


INTEGRATION = thing(
    "aws_api_gateway_integration.get",
    rest_api_id=ref("aws_api_gateway_rest_api.api"),
    type="AWS_PROXY",
    uri=ref("aws_lambda_function.f"),
)


@pytest.mark.parametrize(
    ("configuration", "public", "sure"),
    [
        (UNKNOWN, True, True),
        ([{"types": ["REGIONAL"]}], True, True),
        ([{"types": ["PRIVATE"]}], False, True),
        ([{"types": unknown()}], None, False),
    ],
)
def test_an_api_is_on_the_internet_unless_it_is_private(
    configuration: object, public: bool | None, sure: bool
) -> None:
    api = rest_api(endpoint_configuration=configuration)
    fragment = api_gateway.read(reading(FUNCTION, api, INTEGRATION))
    found = only_forward(fragment)
    assert (found.owner, found.target) == ("aws_api_gateway_rest_api.api", "aws_lambda_function.f")
    assert found.from_internet is (public is not False)
    assert found.sure is sure
    assert fragment.network.listeners[0].public is public


def test_an_integration_that_is_not_known_is_a_gap_about_its_api() -> None:
    integration = thing(
        "aws_api_gateway_integration.get",
        rest_api_id=ref("aws_api_gateway_rest_api.api"),
        type="HTTP_PROXY",
        uri=unknown(),
    )
    fragment = api_gateway.read(reading(FUNCTION, rest_api(), integration))
    assert fragment.network.forwards == ()
    assert [each.about for each in fragment.gaps] == [
        ("aws_api_gateway_rest_api.api", "aws_lambda_function.f")
    ]


def test_an_integration_that_answers_by_itself_leads_nowhere() -> None:
    mock = thing(
        "aws_api_gateway_integration.get",
        rest_api_id=ref("aws_api_gateway_rest_api.api"),
        type="MOCK",
        uri=unknown("aws_lambda_function.f"),
    )
    fragment = api_gateway.read(reading(FUNCTION, rest_api(), mock))
    assert (fragment.network.forwards, fragment.gaps) == ((), ())


def test_a_vpc_link_stands_between_an_api_and_a_load_balancer() -> None:
    fragment = api_gateway.read(
        reading(
            *PLACE,
            BALANCER,
            thing("aws_lb_listener.web", load_balancer_arn=ref("aws_lb.main"), port=8443),
            thing("aws_apigatewayv2_api.api", protocol_type="HTTP"),
            thing(
                "aws_apigatewayv2_vpc_link.link",
                subnet_ids=ref("aws_subnet.a"),
                security_group_ids=[ref("aws_security_group.app")],
            ),
            thing(
                "aws_apigatewayv2_integration.web",
                api_id=ref("aws_apigatewayv2_api.api"),
                integration_type="HTTP_PROXY",
                connection_type="VPC_LINK",
                connection_id=ref("aws_apigatewayv2_vpc_link.link"),
                integration_uri=ref("aws_lb_listener.web"),
            ),
        )
    )
    found = {
        (each.owner, each.target, each.to_ports, each.from_internet, each.sure)
        for each in fragment.network.forwards
    }
    link = "aws_apigatewayv2_vpc_link.link"
    assert found == {
        ("aws_apigatewayv2_api.api", link, ALL_PORTS, True, True),
        (link, "aws_lb.main", Ports(8443, 8443), False, True),
    }
    (interface,) = fragment.network.interfaces
    assert (interface.owner, interface.groups) == (link, (Membership("aws_security_group.app"),))


def test_an_api_described_by_a_document_may_lead_to_any_function() -> None:
    api = rest_api(body='{"openapi": "3.0.1"}', policy='{"Statement": []}')
    fragment = api_gateway.read(reading(FUNCTION, api))
    assert [each.about for each in fragment.gaps] == [
        ("aws_api_gateway_rest_api.api", "aws_lambda_function.f")
    ]
    assert [(each.attached_to, each.document) for each in fragment.policies] == [
        ("aws_api_gateway_rest_api.api", '{"Statement": []}')
    ]
    link = thing("aws_api_gateway_vpc_link.link", target_arns=[ref("aws_lb.main")])
    inside = api_gateway.read(reading(FUNCTION, BALANCER, api, link))
    assert [each.about for each in inside.gaps] == [()]


def test_a_policy_and_a_body_may_be_resources_of_their_own() -> None:
    fragment = api_gateway.read(
        reading(
            rest_api(),
            FUNCTION,
            thing(
                "aws_api_gateway_rest_api_policy.p",
                rest_api_id=ref("aws_api_gateway_rest_api.api"),
                policy=unknown(),
            ),
            thing(
                "aws_api_gateway_rest_api_put.b",
                rest_api_id=ref("aws_api_gateway_rest_api.api"),
                body=unknown("aws_lambda_function.f"),
            ),
        )
    )
    (found,) = fragment.policies
    assert (found.attached_to, found.document) == ("aws_api_gateway_rest_api.api", None)
    forward = only_forward(fragment)
    assert (forward.target, forward.sure) == ("aws_lambda_function.f", False)


def test_a_link_of_a_rest_api_leads_to_its_load_balancers() -> None:
    link = thing("aws_api_gateway_vpc_link.link", target_arns=[ref("aws_lb.main")])
    found = only_forward(api_gateway.read(reading(BALANCER, link)))
    assert (found.target, found.to_ports, found.sure) == ("aws_lb.main", ALL_PORTS, False)


def test_a_vpc_link_to_something_unknown_may_lead_to_anything() -> None:
    integration = thing(
        "aws_apigatewayv2_integration.web",
        api_id=ref("aws_apigatewayv2_api.api"),
        connection_type="VPC_LINK",
        connection_id=ref("aws_apigatewayv2_vpc_link.link"),
        integration_uri=unknown(),
    )
    link = thing("aws_apigatewayv2_vpc_link.link", subnet_ids=ref("aws_subnet.a"))
    api = thing("aws_apigatewayv2_api.api")
    fragment = api_gateway.read(reading(*PLACE, api, link, integration))
    assert [each.about for each in fragment.gaps] == [()]


@pytest.mark.parametrize(
    ("settings", "encrypted"),
    [
        ([], False),
        ([{"cache_data_encrypted": True}], True),
        ([{"cache_data_encrypted": unknown()}], None),
    ],
)
def test_stages_log_and_keep_answers(settings: object, encrypted: bool | None) -> None:
    fragment = api_gateway.read(
        reading(
            rest_api(),
            thing("aws_cloudwatch_log_group.api"),
            thing(
                "aws_api_gateway_stage.live",
                rest_api_id=ref("aws_api_gateway_rest_api.api"),
                cache_cluster_enabled=True,
                access_log_settings=[{"destination_arn": ref("aws_cloudwatch_log_group.api")}],
            ),
            thing(
                "aws_api_gateway_method_settings.all",
                rest_api_id=ref("aws_api_gateway_rest_api.api"),
                method_path="*/*",
                settings=settings,
            ),
        )
    )
    (cache,) = fragment.holdings
    assert (cache.rest, cache.encrypted, cache.rebuildable) == (Rest.CACHE, encrypted, True)
    assert moved(fragment) == {
        (Way.LOG, "aws_api_gateway_rest_api.api", "aws_cloudwatch_log_group.api")
    }


# CloudFront


def distribution(**attributes: object) -> Thing:
    given: dict[str, object] = {
        "enabled": True,
        "origin": [{"domain_name": ref("aws_s3_bucket.site"), "origin_id": "site"}],
        "default_cache_behavior": [{"viewer_protocol_policy": "redirect-to-https"}],
    }
    return thing("aws_cloudfront_distribution.cdn", **(given | attributes))


def delivered(*things: Thing, **attributes: object) -> Fragment:
    return cloudfront.read(reading(BUCKET, BALANCER, FUNCTION, *things, distribution(**attributes)))


def test_copies_rest_at_edges_all_over_the_world() -> None:
    fragment = delivered(price_class="PriceClass_100")
    (edges,) = fragment.holdings
    assert (edges.rest, edges.region, edges.jurisdiction) == (Rest.DELIVERY, "global", None)
    assert edges.public is True
    assert edges.rebuildable
    assert moved(fragment) == {
        (Way.DELIVERY, "aws_s3_bucket.site", "aws_cloudfront_distribution.cdn")
    }
    assert only_forward(fragment).from_internet


def test_nothing_rests_at_edges_that_may_keep_no_answer() -> None:
    passed = {
        "viewer_protocol_policy": "https-only",
        "cache_policy_id": cloudfront.CACHING_DISABLED,
    }
    fragment = delivered(default_cache_behavior=[passed])
    assert (fragment.holdings, fragment.movements) == ((), ())
    assert only_forward(fragment).from_internet
    kept = {"viewer_protocol_policy": "https-only", "cache_policy_id": unknown()}
    both = delivered(default_cache_behavior=[passed], ordered_cache_behavior=[kept])
    assert [each.rest for each in both.holdings] == [Rest.DELIVERY]


def test_signed_urls_take_it_from_the_public_only_when_all_need_them() -> None:
    signed = {"viewer_protocol_policy": "https-only", "trusted_key_groups": ["k"]}
    plain = {"viewer_protocol_policy": "https-only"}
    assert delivered(default_cache_behavior=[signed]).holdings[0].public is False
    both = delivered(default_cache_behavior=[signed], ordered_cache_behavior=[plain])
    assert both.holdings[0].public is True


@pytest.mark.parametrize(
    ("policies", "encrypted", "redirects"),
    [
        (["redirect-to-https"], False, True),
        (["https-only"], False, True),
        (["allow-all"], False, False),
        (["redirect-to-https", "allow-all"], False, False),
        (["redirect-to-https", unknown()], None, False),
    ],
)
def test_viewers_talk_in_the_clear_where_one_behaviour_lets_them(
    policies: list[object], encrypted: bool | None, redirects: bool
) -> None:
    first, *others = ({"viewer_protocol_policy": each} for each in policies)
    fragment = delivered(default_cache_behavior=[first], ordered_cache_behavior=others)
    clear = next(each for each in fragment.network.listeners if each.ports == Ports(80, 80))
    assert (clear.encrypted, clear.redirects, clear.public) == (encrypted, redirects, True)


@pytest.mark.parametrize(
    ("policy", "ports"),
    [
        ("http-only", {Ports(8080, 8080)}),
        ("https-only", {Ports(8443, 8443)}),
        ("match-viewer", {Ports(8080, 8080), Ports(8443, 8443)}),
    ],
)
def test_an_origin_of_ones_own_is_asked_on_its_ports(policy: str, ports: set[Ports]) -> None:
    origin = {
        "domain_name": ref("aws_lb.main"),
        "custom_origin_config": [
            {"origin_protocol_policy": policy, "http_port": 8080, "https_port": 8443}
        ],
    }
    found = delivered(origin=[origin]).network.forwards
    assert {each.to_ports for each in found} == ports
    assert {each.target for each in found} == {"aws_lb.main"}


def test_an_origin_inside_a_vpc_is_reached_from_the_internet() -> None:
    inside = thing(
        "aws_cloudfront_vpc_origin.in", vpc_origin_endpoint_config=[{"arn": ref("aws_lb.main")}]
    )
    origin = {
        "domain_name": "internal.example",
        "vpc_origin_config": [{"vpc_origin_id": ref("aws_cloudfront_vpc_origin.in")}],
    }
    found = only_forward(delivered(inside, origin=[origin]))
    assert (found.target, found.from_internet) == ("aws_lb.main", True)


def test_a_functions_url_stands_for_its_function() -> None:
    url = thing("aws_lambda_function_url.u", function_name=ref("aws_lambda_function.f"))
    fragment = delivered(url, origin=[{"domain_name": ref("aws_lambda_function_url.u")}])
    assert only_forward(fragment).target == "aws_lambda_function.f"


def test_an_origin_that_is_not_known_is_a_gap() -> None:
    gaps = delivered(origin=[{"domain_name": unknown()}]).gaps
    asked = {question for each in gaps for question in each.questions}
    assert {Question.RESIDENCY, Question.REACHABILITY} <= asked
    # It may deliver from anything.
    assert {each.about for each in gaps} == {()}


def test_a_distribution_that_is_off_delivers_nothing() -> None:
    fragment = delivered(enabled=False)
    assert (fragment.movements, fragment.network.forwards) == ((), ())
    assert not any(each.public for each in fragment.network.listeners)


def test_its_logs_certificate_and_countries_are_told() -> None:
    fragment = delivered(
        thing("aws_s3_bucket.logs"),
        thing("aws_acm_certificate.main"),
        logging_config=[{"bucket": ref("aws_s3_bucket.logs")}],
        viewer_certificate=[{"acm_certificate_arn": ref("aws_acm_certificate.main")}],
        restrictions=[
            {"geo_restriction": [{"restriction_type": "whitelist", "locations": ["FR", "DE"]}]}
        ],
    )
    cdn = "aws_cloudfront_distribution.cdn"
    assert (Way.LOG, cdn, "aws_s3_bucket.logs") in moved(fragment)
    assert used(fragment) == {(cdn, "aws_acm_certificate.main", "certificate")}
    assert any("DE, FR" in each.via for each in fragment.movements)


# Accelerators


def accelerated(endpoint: dict[str, object], *things: Thing, **group: object) -> Fragment:
    return accelerators.read(
        reading(
            BALANCER,
            thing("aws_globalaccelerator_accelerator.a"),
            thing(
                "aws_globalaccelerator_listener.l",
                accelerator_arn=ref("aws_globalaccelerator_accelerator.a"),
                port_range=[{"from_port": 443, "to_port": 443}],
            ),
            thing(
                "aws_globalaccelerator_endpoint_group.g",
                listener_arn=ref("aws_globalaccelerator_listener.l"),
                endpoint_configuration=[endpoint],
                **group,
            ),
            *things,
        )
    )


def test_an_accelerator_leads_the_internet_to_internal_load_balancers_too() -> None:
    found = only_forward(accelerated({"endpoint_id": ref("aws_lb.main")}))
    assert (found.owner, found.target) == ("aws_globalaccelerator_accelerator.a", "aws_lb.main")
    assert (found.ports, found.to_ports, found.from_internet) == (HTTPS, HTTPS, True)
    assert found.keeps_client is True


def test_an_accelerator_may_lead_to_other_ports() -> None:
    override = [{"listener_port": 443, "endpoint_port": 8443}]
    fragment = accelerated({"endpoint_id": ref("aws_lb.main")}, port_override=override)
    assert only_forward(fragment).to_ports == Ports(8443, 8443)


def test_an_elastic_address_stands_for_its_machine() -> None:
    fragment = accelerated(
        {"endpoint_id": ref("aws_eip.e")},
        thing("aws_instance.web"),
        thing("aws_eip.e", instance=ref("aws_instance.web")),
    )
    assert only_forward(fragment).target == "aws_instance.web"


def test_an_endpoint_that_is_not_known_is_a_gap() -> None:
    fragment = accelerated({"endpoint_id": unknown()})
    assert fragment.network.forwards == ()
    assert [each.about for each in fragment.gaps] == [()]


# Names


def test_a_record_needs_its_zone_and_says_what_it_leads_to() -> None:
    fragment = route53.read(
        reading(
            BALANCER,
            thing("aws_route53_zone.main"),
            thing("aws_route53_health_check.web", fqdn=ref("aws_lb.main")),
            thing(
                "aws_route53_record.www",
                name="www.example.com",
                zone_id=ref("aws_route53_zone.main"),
                health_check_id=ref("aws_route53_health_check.web"),
                alias=[{"name": ref("aws_lb.main")}],
                failover_routing_policy=[{"type": "PRIMARY"}],
            ),
        )
    )
    record = "aws_route53_record.www"
    assert used(fragment) == {
        (record, "aws_lb.main", "DNS name www.example.com, failover, PRIMARY"),
        (record, "aws_route53_zone.main", "zone"),
        (record, "aws_route53_health_check.web", "health check"),
        ("aws_route53_health_check.web", "aws_lb.main", "health of"),
    }


@pytest.mark.parametrize(
    ("direction", "listens"), [("INBOUND", (Ports(53, 53),)), ("OUTBOUND", ())]
)
def test_a_resolver_endpoint_answers_names_inbound_only(
    direction: str, listens: tuple[Ports, ...]
) -> None:
    fragment = route53.read(
        reading(
            *PLACE,
            thing(
                "aws_route53_resolver_endpoint.e",
                direction=direction,
                security_group_ids=[ref("aws_security_group.app")],
                ip_address=[{"subnet_id": ref("aws_subnet.a"), "ip": "10.0.0.9"}],
            ),
        )
    )
    (found,) = fragment.network.interfaces
    assert (found.subnets, found.addresses) == (("aws_subnet.a",), ("10.0.0.9",))
    assert found.listens == listens


# Services beside


def test_a_service_in_subnets_is_seen_there_and_is_a_gap_for_the_rest() -> None:
    fragment = managed.read(
        reading(
            *PLACE,
            thing(
                "aws_batch_compute_environment.b",
                compute_resources=[
                    {
                        "subnets": refs("aws_subnet.a"),
                        "security_group_ids": [ref("aws_security_group.app")],
                    }
                ],
            ),
        )
    )
    (found,) = fragment.network.interfaces
    assert found.owner == "aws_batch_compute_environment.b"
    assert found.groups == (Membership("aws_security_group.app"),)
    (gap,) = fragment.gaps
    assert {Question.ENCRYPTION, Question.EXPOSURE} <= gap.questions
    assert gap.about == ("aws_batch_compute_environment.b",)


def test_a_service_that_makes_its_own_groups_may_be_in_any() -> None:
    fragment = managed.read(
        reading(*PLACE, thing("aws_sagemaker_domain.d", subnet_ids=refs("aws_subnet.a")))
    )
    assert not fragment.network.interfaces[0].groups_known


@pytest.mark.parametrize("kind", sorted(managed.OPAQUE))
def test_what_makes_machines_of_its_own_is_a_gap(kind: str) -> None:
    (gap,) = managed.read(reading(thing(f"{kind}.x"))).gaps
    assert gap.about == (f"{kind}.x",)
    assert {Question.REACHABILITY, Question.ENCRYPTION, Question.RESIDENCY} <= gap.questions


def test_a_build_connects_from_its_subnets_and_leaves_artifacts_and_logs() -> None:
    fragment = pipelines.read(
        reading(
            *PLACE,
            thing("aws_s3_bucket.out"),
            thing("aws_ssm_parameter.token", name="/token"),
            thing(
                "aws_codebuild_project.p",
                name="p",
                vpc_config=[
                    {
                        "subnets": refs("aws_subnet.a"),
                        "security_group_ids": [ref("aws_security_group.app")],
                    }
                ],
                environment=[
                    {
                        "environment_variable": [
                            {"name": "TOKEN", "type": "PARAMETER_STORE", "value": "/token"}
                        ]
                    }
                ],
                artifacts=[{"type": "S3", "location": ref("aws_s3_bucket.out")}],
            ),
        )
    )
    (found,) = fragment.network.interfaces
    assert (found.owner, found.listens) == ("aws_codebuild_project.p", ())
    build = "aws_codebuild_project.p"
    assert (build, "aws_ssm_parameter.token", "secret TOKEN") in used(fragment)
    assert moved(fragment) == {
        (Way.EXPORT, build, "aws_s3_bucket.out"),
        (Way.LOG, build, f"{build}/logs/aws/codebuild/p"),
    }


def test_a_runner_is_public_unless_told_otherwise_and_may_enter_a_vpc() -> None:
    def run(network: object) -> Fragment:
        return pipelines.read(
            reading(
                *PLACE,
                thing(
                    "aws_apprunner_vpc_connector.c",
                    subnets=refs("aws_subnet.a"),
                    security_groups=[ref("aws_security_group.app")],
                ),
                thing("aws_apprunner_service.s", service_name="s", network_configuration=network),
            )
        )

    assert run([]).network.listeners[0].public is True
    private = [{"ingress_configuration": [{"is_publicly_accessible": False}]}]
    assert run(private).network.listeners[0].public is False
    inward = [
        {"egress_configuration": [{"vpc_connector_arn": ref("aws_apprunner_vpc_connector.c")}]}
    ]
    (found,) = run(inward).network.interfaces
    assert (found.owner, found.subnets) == ("aws_apprunner_service.s", ("aws_subnet.a",))
    elsewhere = [{"egress_configuration": [{"vpc_connector_arn": outside("arn:c")}]}]
    assert run(elsewhere).gaps[0].about == ("aws_apprunner_service.s",)


def test_people_who_sign_in_are_a_store() -> None:
    def pool(**attributes: object) -> bool | None:
        (found,) = cognito.read(reading(thing("aws_cognito_user_pool.p", **attributes))).holdings
        assert (found.rest, found.encrypted) == (Rest.STORE, True)
        return found.deletion_protected

    assert pool(deletion_protection="ACTIVE") is True
    assert pool() is False
    assert pool(deletion_protection=unknown()) is None


def test_what_a_firewall_logs_comes_to_rest() -> None:
    fragment = waf.read(
        reading(
            BUCKET,
            thing("aws_wafv2_web_acl.w"),
            thing(
                "aws_wafv2_web_acl_logging_configuration.l",
                resource_arn=ref("aws_wafv2_web_acl.w"),
                log_destination_configs=[ref("aws_s3_bucket.site")],
            ),
        )
    )
    assert moved(fragment) == {(Way.LOG, "aws_wafv2_web_acl.w", "aws_s3_bucket.site")}
