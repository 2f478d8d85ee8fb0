"""The translators of AWS resources, in no order that matters: each adds its own fragment."""

from caisson.terraform.fragment import Translator

TRANSLATORS: tuple[Translator, ...] = ()
