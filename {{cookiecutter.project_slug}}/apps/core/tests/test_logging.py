from apps.core.logging import mask_secrets


def test_values_that_sound_secret_are_masked() -> None:
    event = {"event": "login", "password": "hush", "Authorization": "Token x", "api_key": "k", "user": 1}

    assert mask_secrets(None, "info", event) == {
        "event": "login",
        "password": "***",
        "Authorization": "***",
        "api_key": "***",
        "user": 1,
    }


def test_query_string_of_a_request_is_cut_off() -> None:
    event = {"event": "request_started", "request": "GET /reset/?token=hush"}

    assert mask_secrets(None, "info", event)["request"] == "GET /reset/"
