"""An anonymous user of supabase-js has a session, a folder and jobs like any other."""

from __future__ import annotations

from tests.clients.client_stack import ClientStack


def test_anonymous_user_imports_and_becomes_permanent(client_stack: ClientStack) -> None:
    email = client_stack.email()
    seen = client_stack.node("anonymous.mjs", EMAIL=email)
    assert seen["job"]["status"] == "completed", seen["job"]
    assert {seen[name]["id"] for name in ("first", "later", "user")} == {seen["job"]["created_by"]}
    assert [seen[name]["is_anonymous"] for name in ("first", "later", "user")] == [True, True, True]
    assert seen["first"]["user_metadata"] == {"theme": "dark"}
    claims = seen["claims"]
    assert (claims["role"], claims["is_anonymous"]) == ("authenticated", True)
    assert claims["amr"][0]["method"] == "anonymous"
    for name in ("permanent", "again"):
        assert seen[name]["id"] == seen["first"]["id"]
        assert (seen[name]["email"], seen[name]["is_anonymous"]) == (email, False)
    assert [one["provider"] for one in seen["again"]["identities"]] == ["email"]
