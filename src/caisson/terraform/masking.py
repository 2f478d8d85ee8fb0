"""Puts `UNKNOWN` where a value is not known before apply, and where it is a secret."""

from caisson.terraform.model import UNKNOWN

# Attributes that raw states keep in plain text without any mark.
SECRET_NAMES = frozenset(
    {
        "access_key",
        "auth_token",
        "client_secret",
        "encrypted_ses_smtp_password_v4",
        "master_password",
        "master_user_password",
        "password",
        "plaintext",
        "private_key",
        "private_key_pem",
        "secret",
        "secret_access_key",
        "secret_binary",
        "secret_key",
        "secret_string",
        "ses_smtp_password_v4",
        "token",
        "user_data",
        "user_data_base64",
    }
)


def mask(values: dict[str, object], marks: object) -> None:
    """Put UNKNOWN into `values` wherever `marks`, of the same shape, says true.

    What `values` leaves out and `marks` names is put in. `values` is changed.
    """
    if marks is True:
        for name in values:
            values[name] = UNKNOWN
    elif type(marks) is dict:
        for name, mark in marks.items():
            if mark:
                values[name] = UNKNOWN if mark is True else _masked(values.get(name), mark)


def _masked(value: object, marks: object) -> object:
    """Return `value` with UNKNOWN at every mark; it is changed where it is a list or an object.

    Marks of lists and objects stand for values of the same form. Where the value has another,
    nothing about it is certain.
    """
    if marks is True or value is UNKNOWN:
        return UNKNOWN
    if not marks or marks is False:
        return value
    if type(marks) is dict:
        return _masked_object(value, marks)
    return _masked_list(value, marks) if type(marks) is list else UNKNOWN


def _masked_object(value: object, marks: dict[str, object]) -> object:
    if not any(_marked(each) for each in marks.values()):
        return value
    found = {} if value is None else value
    if type(found) is not dict:
        return UNKNOWN
    for name, mark in marks.items():
        if mark:
            found[name] = _masked(found.get(name), mark)
    return found


def _masked_list(value: object, marks: list[object]) -> object:
    if not any(_marked(each) for each in marks):
        return value
    found = [] if value is None else value
    if type(found) is not list:
        return UNKNOWN
    found.extend([None] * (len(marks) - len(found)))
    for index, mark in enumerate(marks):
        if mark:
            found[index] = _masked(found[index], mark)
    return found


def _marked(marks: object) -> bool:
    if type(marks) is dict:
        return any(_marked(each) for each in marks.values())
    if type(marks) is list:
        return any(_marked(each) for each in marks)
    return bool(marks)


def mask_secrets(values: dict[str, object]) -> None:
    """Put UNKNOWN into every attribute whose name says that it is a secret, at any depth."""
    for name, value in values.items():
        if name in SECRET_NAMES and value not in (None, ""):
            values[name] = UNKNOWN
        elif type(value) is dict:
            mask_secrets(value)
        elif type(value) is list:
            for each in value:
                if type(each) is dict:
                    mask_secrets(each)


def learn(
    found: set[tuple[str, tuple[str, ...]]],
    type_: str,
    path: tuple[str, ...],
    unknown: object,
    sensitive: object,
) -> None:
    """Add to `found` the attributes that are unknown as a whole and have the marks of many.

    Terraform writes `[]` or `{}` as the mark of a list, a set or a map without secrets, also of
    an unknown one, and leaves out a single value's.
    """
    if type(unknown) is list and type(sensitive) is list:
        for one, other in zip(unknown, sensitive, strict=False):
            learn(found, type_, path, one, other)
    elif type(unknown) is dict and type(sensitive) is dict:
        for name, mark in unknown.items():
            marks = sensitive.get(name)
            if mark is True:
                if marks is not None and marks is not True:
                    found.add((type_, (*path, name)))
            elif mark and marks:
                learn(found, type_, (*path, name), mark, marks)
