"""What is protected hangs on one variable, of which `destroy` lets go."""

import json
from pathlib import Path

from writing_support import ESTATE, of_root, rendered

US = "production/us/services"


def test_versions_of_a_service_stay_for_a_rollback_and_go_with_it(tmp_path: Path) -> None:
    inside = ESTATE.replace("    public: https\n", "")
    files = of_root(rendered(tmp_path, inside), US)
    versions = json.loads(files["services.tf.json"])["resource"]["aws_ecs_task_definition"]
    assert {each["skip_destroy"] for each in versions.values()} == {"${var.keep_data}"}
    assert "keep_data" in json.loads(files["variables.tf.json"])["variable"]
