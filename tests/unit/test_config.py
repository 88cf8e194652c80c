"""The environment variables: which values are accepted, and the error for every other."""

import pytest

from processor import config
from processor.config import MAX_CHUNK_BYTES, STACK_HINT, VARIABLES_HINT, BadEnvironment, Config, from_environment

REQUIRED = {"DATABASE_URL": "postgresql://x", "SUPABASE_URL": "https://x", "SUPABASE_SECRET_KEY": "x"}
CHUNK_SIZES = ["IMPORT_JOBS_CHUNK_BYTES", "IMPORT_JOBS_MAX_RECORD_BYTES"]


def read(name: str, value: str) -> Config:
    return from_environment(REQUIRED | {name: value})


@pytest.mark.parametrize("name", CHUNK_SIZES)
@pytest.mark.parametrize("value", ["1024", str(MAX_CHUNK_BYTES)])
def test_size_within_the_limits_is_accepted(name: str, value: str) -> None:
    settings = read(name, value)
    assert int(value) in (settings.chunk_bytes, settings.max_record_bytes)


@pytest.mark.parametrize("name", CHUNK_SIZES)
@pytest.mark.parametrize("value", ["1023", str(MAX_CHUNK_BYTES + 1), "3e9", "inf", "nan", "-1", "many"])
def test_size_outside_the_limits_is_an_error_that_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(BadEnvironment, match=rf"^{name} must be a number from 1024 to {MAX_CHUNK_BYTES}$") as error:
        read(name, value)
    assert error.value.hint == VARIABLES_HINT


@pytest.mark.parametrize("value", ["inf", "nan", "0"])
def test_infinity_is_an_error_without_an_upper_limit_too(value: str) -> None:
    with pytest.raises(BadEnvironment, match=r"^IMPORT_JOBS_MAX_JOBS must be a number of at least 1$"):
        read("IMPORT_JOBS_MAX_JOBS", value)


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", ["", " "])
def test_missing_variable_is_an_error_with_the_way_to_set_it(name: str, value: str) -> None:
    with pytest.raises(BadEnvironment, match=rf"^{name} is not set$") as error:
        read(name, value)
    assert error.value.hint == STACK_HINT


@pytest.mark.parametrize(
    "url",
    ["localhost", "nonsense", "ftp://127.0.0.1", "http://", "http://127.0.0.1:99999", "http://[::1", "http://x y"],
)
def test_invalid_url_is_an_error(url: str) -> None:
    assert not config.is_web_address(url)
    with pytest.raises(BadEnvironment, match=r"^SUPABASE_URL is not a URL that begins with http:// or https://$"):
        read("SUPABASE_URL", url)


@pytest.mark.parametrize("key", ["sb_secret_schl\u00fcssel", "sb_secret_one\nsb_secret_two", "sb_secret_x y"])
def test_invalid_key_is_an_error_that_does_not_repeat_it(key: str) -> None:
    with pytest.raises(BadEnvironment, match=r"^SUPABASE_SECRET_KEY contains a character") as error:
        read("SUPABASE_SECRET_KEY", key)
    assert "sb_secret" not in f"{error.value} {error.value.hint}"


def test_older_name_of_the_key_is_accepted() -> None:
    environ = {"SUPABASE_URL": "https://x/", "SUPABASE_SERVICE_ROLE_KEY": "older"}
    assert config.storage_credentials(environ) == ("https://x", "older")


def test_settings_are_printed_without_secrets() -> None:
    settings = from_environment(
        {
            "DATABASE_URL": "postgresql://user:word@host/db",
            "SUPABASE_URL": "https://x",
            "SUPABASE_SECRET_KEY": "sb_secret_x",
            "IMPORT_JOBS_WAKE_TOKEN": "ring-ring",
        }
    )
    assert settings.wake_token == "ring-ring"
    assert not any(secret in repr(settings) for secret in ("word", "sb_secret_x", "ring-ring"))


@pytest.mark.parametrize(("value", "expected"), [("", None), (" ", None), ("postgresql://u:word@h/d", ...)])
def test_connection_string_of_the_uploader_is_optional_and_not_printed(value: str, expected: object) -> None:
    settings = read("IMPORT_JOBS_UPLOADER_DATABASE_URL", value)
    assert settings.uploader_database_url == (value if expected is ... else None)
    assert "word" not in repr(settings)


@pytest.mark.parametrize("value", ["0", "65536", "many"])
def test_port_of_metrics_is_a_port(value: str) -> None:
    with pytest.raises(BadEnvironment, match=r"^IMPORT_JOBS_METRICS_PORT must be a number from 1 to 65535$"):
        read("IMPORT_JOBS_METRICS_PORT", value)


def test_port_of_metrics_is_not_that_of_the_doorbell() -> None:
    assert (read("IMPORT_JOBS_METRICS_PORT", "9400").metrics_port, read("IMPORT_JOBS_PORT", "1").metrics_port) == (
        9400,
        None,
    )
    with pytest.raises(BadEnvironment, match=r"^IMPORT_JOBS_METRICS_PORT must be another port than IMPORT_JOBS_PORT$"):
        read("IMPORT_JOBS_METRICS_PORT", "8080")


ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("variables", "exporters"),
    [
        ({}, ()),
        ({"OTEL_SERVICE_NAME": "imports"}, ()),
        (ENDPOINT, ("otlp",)),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, ("otlp",)),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, ("otlp",)),
        ({"OTEL_TRACES_EXPORTER": "console, otlp,console"}, ("console", "otlp")),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, ()),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "True"}, ()),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, ("otlp",)),
    ],
)
def test_variables_of_opentelemetry_ask_for_traces(variables: dict[str, str], exporters: tuple[str, ...]) -> None:
    assert from_environment(REQUIRED | variables).trace_exporters == exporters


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_TRACES_EXPORTER", "otlp,none"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
    ],
)
def test_exporter_that_is_not_supported_is_an_error(name: str, value: str) -> None:
    with pytest.raises(BadEnvironment, match=f"^{name} must be "):
        from_environment(REQUIRED | ENDPOINT | {name: value})
