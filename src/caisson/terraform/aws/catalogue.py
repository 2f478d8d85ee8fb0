"""The translators of AWS resources, in no order that matters: each adds its own fragment."""

from caisson.terraform.aws import (
    accelerators,
    api_gateway,
    autoscaling,
    cloudfront,
    compute,
    disks,
    ecs,
    eks,
    lambdas,
    load_balancers,
    route53,
)
from caisson.terraform.fragment import Translator

TRANSLATORS: tuple[Translator, ...] = (
    Translator(accelerators.TYPES, accelerators.read),
    Translator(api_gateway.TYPES, api_gateway.read),
    Translator(autoscaling.TYPES, autoscaling.read),
    Translator(cloudfront.TYPES, cloudfront.read),
    Translator(compute.TYPES, compute.read),
    Translator(disks.TYPES, disks.read),
    Translator(ecs.TYPES, ecs.read),
    Translator(eks.TYPES, eks.read),
    Translator(lambdas.TYPES, lambdas.read),
    Translator(load_balancers.TYPES, load_balancers.read),
    Translator(route53.TYPES, route53.read),
)
