"""What is deployed: `prefect.yaml` and the served deployment say the same, and can be loaded."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import yaml

from flows.config.settings import load_settings
from tests.support.paths import ROOT

PROJECT = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))


@pytest.fixture(params=PROJECT["deployments"], ids=lambda deployment: deployment["name"])
def deployment(request: pytest.FixtureRequest) -> dict[str, Any]:
    assert isinstance(request.param, dict)
    return request.param


def test_prefect_yaml_names_flows_that_import_with_parameters_that_exist(deployment: dict[str, Any]) -> None:
    from prefect.flows import Flow, load_flow_from_entrypoint

    flow: Flow[..., Any] = load_flow_from_entrypoint(deployment["entrypoint"])
    assert flow.name == deployment["name"]
    assert set(deployment["parameters"]) <= set(inspect.signature(flow.fn).parameters)
    flow.validate_parameters(deployment["parameters"])
    assert set(flow.parameters.properties) == set(inspect.signature(flow.fn).parameters)


def test_prefect_yaml_has_fields_that_prefect_knows(deployment: dict[str, Any]) -> None:
    from prefect.deployments.runner import RunnerDeployment

    assert set(deployment) - {"work_pool"} <= set(RunnerDeployment.model_fields)
    assert set(deployment["work_pool"]) <= {"name", "work_queue_name", "job_variables"}


def test_prefect_yaml_says_what_the_service_does() -> None:
    from flows.orchestration.deployments import nightly_deployment

    served = nightly_deployment(load_settings())
    written = next(d for d in PROJECT["deployments"] if d["name"] == "nightly")
    assert served.entrypoint == written["entrypoint"]
    assert [(s.schedule.cron, s.schedule.timezone) for s in served.schedules] == [
        (s["cron"], s["timezone"]) for s in written["schedules"]
    ]
    assert served.concurrency_limit == written["concurrency_limit"]["limit"]
    assert served.concurrency_options.collision_strategy == written["concurrency_limit"]["collision_strategy"]
    assert set(served.tags) == set(written["tags"])


def test_prefect_yaml_says_when_the_service_does_upkeep() -> None:
    from flows.orchestration.deployments import upkeep_deployment

    served = upkeep_deployment(load_settings())
    written = next(d for d in PROJECT["deployments"] if d["name"] == "upkeep")
    assert (served.entrypoint, set(served.tags)) == (written["entrypoint"], set(written["tags"]))
    assert [(s.schedule.cron, s.schedule.timezone) for s in served.schedules] == [
        (s["cron"], s["timezone"]) for s in written["schedules"]
    ]
    assert upkeep_deployment(load_settings(upkeep={"cron": "none"})).schedules == []


def test_deployments_carry_the_environment_and_say_whose_they_are() -> None:
    from flows.orchestration.deployments import deployments
    from flows.orchestration.names import Owner

    owner = Owner("3f2a9c1b", "/srv/data on collector")
    described = deployments(load_settings(prefect={"environment": "hubei"}), owner)
    assert [d.full_name for d in described] == ["nightly/hubei", "backfill/hubei", "upkeep/hubei"]
    assert all(owner.tag in d.tags for d in described)
    assert all("/srv/data on collector" in str(d.description) for d in described)


def test_nightly_deployment_shows_a_form_with_types_and_descriptions() -> None:
    from flows.orchestration.deployments import nightly_deployment

    (field,) = nightly_deployment(load_settings())._parameter_openapi_schema.properties.values()
    assert field["anyOf"] == [{"items": {"type": "string"}, "type": "array"}, {"type": "null"}]
    assert "Files, folders or globs" in field["description"]


@pytest.mark.parametrize(("overlap", "strategy"), [("wait", "ENQUEUE"), ("skip", "CANCEL_NEW")])
def test_nightly_deployment_follows_the_settings(overlap: str, strategy: str) -> None:
    from flows.orchestration.deployments import nightly_deployment

    chosen = {"cron": "30 1 * * 1-5", "timezone": "Asia/Urumqi", "overlap": overlap}
    served = nightly_deployment(load_settings(nightly=chosen))
    assert [(s.schedule.cron, s.schedule.timezone) for s in served.schedules] == [("30 1 * * 1-5", "Asia/Urumqi")]
    assert served.concurrency_options.collision_strategy == strategy


def test_nightly_deployment_with_a_wrong_cron_line_is_refused() -> None:
    from flows.orchestration.deployments import nightly_deployment

    with pytest.raises(ValueError, match="cron"):
        nightly_deployment(load_settings(nightly={"cron": "every night"}))


def test_deploy_examples_name_commands_and_settings_that_exist() -> None:
    from flows.cli import app

    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    unit = (ROOT / "deploy" / "jixiao.service").read_text(encoding="utf-8")
    container = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
    assert "ExecStart=/opt/jixiao/bin/jixiao serve\n" in unit
    assert 'CMD ["serve"]' in container
    assert "serve" in commands
    copied = {line.split()[1] for line in container.splitlines() if line.startswith("COPY ") and "--from" not in line}
    assert {"flows", "transforms", "expectations", "warehouse"} <= copied
    assert all((ROOT / name).exists() for name in copied)
