"""What an installation chooses, and what happens when it doesn't."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from marketplace.kit.settings import Settings, SettingsError


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DATABASE_URL",
        "MARKETPLACE_SECRET_KEY",
        "MARKETPLACE_BANK_KEYS",
        "MARKETPLACE_RSA_PRIVATE_KEY",
        "MARKETPLACE_ENVIRONMENT",
    ):
        monkeypatch.delenv(name, raising=False)


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first, second = Settings(data_dir=tmp_path), Settings(data_dir=tmp_path)
    assert first.secret_key == second.secret_key
    assert Fernet(first.bank_keys.get_secret_value())
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "bank_keys",
        "rsa_private_key",
        "secret_key",
    ]


def test_processes_that_start_together_agree_on_a_secret(tmp_path: Path) -> None:
    program = "from marketplace.kit.settings import Settings; print(Settings().secret_key.get_secret_value())"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env={"MARKETPLACE_DATA_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    assert len({process.communicate()[0] for process in started}) == 1


@pytest.mark.parametrize(
    "missing", ["MARKETPLACE_SECRET_KEY", "MARKETPLACE_BANK_KEYS", "MARKETPLACE_RSA_PRIVATE_KEY"]
)
def test_production_does_not_start_without_its_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setenv("MARKETPLACE_ENVIRONMENT", "production")
    monkeypatch.setenv("MARKETPLACE_SECRET_KEY", "s" * 48)
    monkeypatch.setenv("MARKETPLACE_BANK_KEYS", Fernet.generate_key().decode())
    monkeypatch.setenv("MARKETPLACE_RSA_PRIVATE_KEY", "PEM")
    assert Settings(data_dir=tmp_path).adjustable_clock_file is None
    monkeypatch.delenv(missing)
    with pytest.raises(SettingsError, match=missing):
        Settings(data_dir=tmp_path)


def test_production_does_not_start_with_a_clock_that_can_be_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKETPLACE_ENVIRONMENT", "production")
    monkeypatch.setenv("MARKETPLACE_SECRET_KEY", "s" * 48)
    monkeypatch.setenv("MARKETPLACE_BANK_KEYS", Fernet.generate_key().decode())
    monkeypatch.setenv("MARKETPLACE_RSA_PRIVATE_KEY", "PEM")
    monkeypatch.setenv("MARKETPLACE_CLOCK_FILE", str(tmp_path / "clock"))
    with pytest.raises(ValidationError, match="MARKETPLACE_CLOCK_FILE"):
        Settings(data_dir=tmp_path)


def test_variables_are_read_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://sil@db/shop")
    monkeypatch.setenv("MARKETPLACE_PUBLIC_URL", "https://shop.example/")
    monkeypatch.setenv("MARKETPLACE_ALLOWED_ORIGINS", "https://a.example, https://b.example")
    monkeypatch.setenv("MARKETPLACE_S3_BUCKET", "")
    settings = Settings(data_dir=tmp_path)
    assert settings.database_url == "postgresql://sil@db/shop"
    assert settings.api_url == "https://shop.example/graphql/"
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.s3_bucket is None


def test_settings_show_no_secret_and_do_not_change(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.secret_key.get_secret_value() not in repr(settings)
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("secret", "publishable", "why"),
    [
        ("sk_test_1234567890", None, "one of them is missing"),
        (None, "pk_test_1", "one of them is missing"),
        ("rk_live_1234567890", "pk_test_1", "one is live"),
    ],
)
def test_keys_of_stripe_go_together(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    secret: str | None,
    publishable: str | None,
    why: str,
) -> None:
    for name, value in (("SECRET", secret), ("PUBLISHABLE", publishable)):
        monkeypatch.setenv(f"MARKETPLACE_STRIPE_{name}_KEY", value or "")
    with pytest.raises(ValidationError, match=why) as refused:
        Settings(data_dir=tmp_path)
    assert "1234567890" not in str(refused.value)


def test_countries_are_named_by_two_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETPLACE_CONNECT_COUNTRIES", "fr, MA")
    assert Settings(data_dir=tmp_path).connect_countries == ("FR", "MA")
    monkeypatch.setenv("MARKETPLACE_CONNECT_COUNTRIES", "France")
    with pytest.raises(ValidationError, match="two letters"):
        Settings(data_dir=tmp_path)
