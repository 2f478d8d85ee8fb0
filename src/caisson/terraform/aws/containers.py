"""What a task definition's containers name: images, secrets, stores, and where their logs go."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from caisson.terraform.aws.containers_written import REPOSITORIES, named, told, without_names
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.needs import BACKENDS, SECRETS, named_in, secret_named
from caisson.terraform.aws.presence import gap
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import UNKNOWN, Unknown
from caisson.terraform.reading import Block
from caisson.topology.resources import Movement, Question, Rest, Use, Way

LOG_GROUP = "aws_cloudwatch_log_group"
# Log drivers whose messages stay on the machine that runs the container.
LOCAL_DRIVERS = frozenset({"json-file", "journald", "syslog", "none", "local"})


def containers(block: Block, known: Mapping[str, str]) -> Fragment:
    """Return what the `container_definitions` of a task definition name."""
    definitions = block.document("container_definitions")
    if isinstance(definitions, Unknown):
        return _partly_read(block, block.encoded("container_definitions"), known)
    listed = definitions if isinstance(definitions, list) else []
    return joined(_container(block, each, known) for each in listed if isinstance(each, Mapping))


def _unread(block: Block) -> Fragment:
    """Tell by what the definitions refer to, though not in which place of them."""
    link = block.link("container_definitions", *BACKENDS, *REPOSITORIES)
    kinds = {
        each: block.reading.instances[each].type
        for each in link.to
        if block.reading.instances[each].type in (*BACKENDS, *REPOSITORIES)
    }
    what = f"the container definitions of {block.address} are known only after apply"
    questions = {Question.RESIDENCY, Question.RECOVERABILITY, Question.ISOLATION}
    return Fragment(
        uses=tuple(
            Use(block.address, each, _reason(kind), block.source, sure=each in link.certain)
            for each, kind in kinds.items()
            if kind != LOG_GROUP
        ),
        movements=tuple(
            _logged(block, each, sure=each in link.certain)
            for each, kind in kinds.items()
            if kind == LOG_GROUP
        ),
        gaps=(gap(block, what, frozenset(questions), block.address),),
    )


def _partly_read(block: Block, written: object, known: Mapping[str, str]) -> Fragment:
    """Tell where the logs go, when what is not known of the definitions is elsewhere in them.

    All is told when it is only what others are called.
    """
    unread = _unread(block)
    if not isinstance(written, list) or not all(isinstance(each, Mapping) for each in written):
        return unread
    logs = [_read_log(block, each.get("logConfiguration")) for each in written]
    logged = [each for each in logs if each is not None]
    if len(logged) < len(logs):
        return unread
    whole = [_by_names(block, each, known) for each in written]
    if None not in whole:
        return joined([*logged, *(each for each in whole if each is not None)])
    gaps = (replace(each, questions=each.questions - {Question.RESIDENCY}) for each in unread.gaps)
    return joined([Fragment(uses=unread.uses, gaps=tuple(gaps)), *logged])


def _by_names(
    block: Block, container: Mapping[str, object], known: Mapping[str, str]
) -> Fragment | None:
    """Return what a container names, but for its logs; None when something of it is not told."""
    uses = named(block, container) if told(container) else None
    if uses is None:
        return None
    return joined([Fragment(uses=uses), _container(block, without_names(container), known)])


def _read_log(block: Block, configuration: object) -> Fragment | None:
    """Return where one container's logs go; None when it is not told, or in another region.

    Elsewhere it would matter what the container works on, and that is not known here.
    """
    if configuration is None:
        return NO_FRAGMENT
    options = configuration.get("options") if isinstance(configuration, Mapping) else None
    if not isinstance(configuration, Mapping) or not isinstance(options, Mapping):
        return None
    name, region = options.get("awslogs-group"), options.get("awslogs-region")
    if UNKNOWN in (configuration.get("logDriver"), name, region):
        return None
    if region not in (None, block.instance.region):
        return None
    if group := _named(block, str(name)):
        return Fragment(movements=(_logged(block, group),))
    return None if "<" in str(name) else _logs(block, configuration)


def _named(block: Block, text: str) -> str | None:
    """Return the log group whose name stands in a document instead of what is not known yet."""
    groups = (each.address for each in block.reading.of(LOG_GROUP))
    return next((each for each in groups if text in (f"<{each}.name>", f"<{each}.id>")), None)


def _reason(kind: str) -> str:
    return "image" if kind in REPOSITORIES else "secret" if kind in SECRETS else "environment"


def _logged(block: Block, target: str, *, sure: bool = True) -> Movement:
    via = f"logs of {block.address}"
    return Movement(Way.LOG, block.address, target, block.source, via=via, sure=sure)


def _container(block: Block, container: Mapping[str, object], known: Mapping[str, str]) -> Fragment:
    return joined(
        (
            Fragment(uses=tuple(_image(block, container))),
            Fragment(uses=tuple(_variables(block, container, known))),
            Fragment(uses=tuple(_secrets(block, container))),
            _logs(block, container.get("logConfiguration")),
        )
    )


def _image(block: Block, container: Mapping[str, object]) -> Iterator[Use]:
    image = container.get("image")
    if isinstance(image, str) and image:
        yield Use(block.address, _repository(block, image), "image", block.source)


def _repository(block: Block, image: str) -> str:
    """Return the repository that was read and has the image's URL, else the image's own name."""
    url = image.split("@", maxsplit=1)[0].rpartition(":")[0] or image
    for each in block.reading.of(*REPOSITORIES):
        if each.text("repository_url") in (url, image):
            return each.address
    return image


def _pairs(container: Mapping[str, object], name: str, value: str) -> Iterator[tuple[str, str]]:
    listed = container.get(name)
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, Mapping) and isinstance(each.get(value), str):
            yield str(each.get("name")), str(each[value])


def _variables(
    block: Block, container: Mapping[str, object], known: Mapping[str, str]
) -> Iterator[Use]:
    for name, text in _pairs(container, "environment", "value"):
        yield from named_in(block, text, f"environment variable {name}", known)


def _secrets(block: Block, container: Mapping[str, object]) -> Iterator[Use]:
    for name, where in _pairs(container, "secrets", "valueFrom"):
        found = block.reading.links.named(secret_named(where), SECRETS) or (where,)
        for each in found:
            yield Use(block.address, each, f"secret {name}", block.source, sure=len(found) == 1)


def _logs(block: Block, configuration: object) -> Fragment:
    if not isinstance(configuration, Mapping):
        return NO_FRAGMENT
    driver, options = configuration.get("logDriver"), configuration.get("options")
    if driver in LOCAL_DRIVERS:
        return NO_FRAGMENT
    if driver != "awslogs" or not isinstance(options, Mapping):
        what = f"where the log driver {driver} of {block.address} sends logs is not understood"
        return Fragment(gaps=(gap(block, what, frozenset({Question.RESIDENCY}), block.address),))
    region = options.get("awslogs-region")
    return log_group(
        block,
        str(options.get("awslogs-group") or "logs"),
        str(region) if region else block.instance.region,
    )


def log_group(block: Block, name: str, region: str | None) -> Fragment:
    """Return that `block` logs to the group of this name, made by the cloud when it was not read.

    CloudWatch encrypts every log group, with a key of its own unless told another.
    """
    found = [
        each
        for each in block.reading.links.named(name, (LOG_GROUP,))
        if region in (None, block.reading.instances[each].region)
    ]
    if found:
        sure = len(found) == 1
        return Fragment(movements=tuple(_logged(block, each, sure=sure) for each in found))
    part = f"logs/{name.strip('/')}"
    made = replace(
        holding(block, Rest.LOG, "cloudwatch", part=part),
        region=region,
        jurisdiction=block.reading.jurisdiction(region),
        encrypted=True,
        public=False,
        multi_zone=True,
    )
    return Fragment(holdings=(made,), movements=(_logged(block, made.id),))
