"""What two bridges with one store have in common."""

OVER = "This invitation is not valid any more"


def assert_all_is_shared(replicas):
    """Each thing that lives in the store, done at one bridge and seen at the other."""
    one, other = replicas.bridges
    visitor = replicas.visitor()

    # A login begins at one and ends at the other; the session is known at both.
    back = visitor.come_back(visitor.begin("rocket"))
    visitor.at = other
    visitor.finish(back)
    for visitor.at in (one, other):
        assert visitor.is_remembered()

    # A code of one is redeemed at the other, once; and so are refresh tokens.
    visitor.at = one
    form = visitor.code("rocket")
    visitor.at = other
    status, tokens = visitor.tokens(form)
    assert status == 200, tokens
    for visitor.at in (one, other):
        assert visitor.tokens(form)[1]["error"] == "invalid_grant", "the code has been used twice"
    visitor.at = one
    status, renewed = visitor.renew(tokens)
    assert status == 200, renewed

    # An invitation is made at one, good at both, and withdrawn at the other.
    link = visitor.invite("lounge")
    for visitor.at in (one, other):
        assert f"{visitor.claims['name']} invites you" in visitor.page(link)
    visitor.withdraw()
    for visitor.at in (one, other):
        assert OVER in visitor.page(link)

    # Who signs out at one is signed out at the other, and their call's tokens are not renewed any more.
    copy = visitor.copy()
    visitor.at = one
    assert visitor.page("/logout")
    copy.at = other
    assert not copy.is_remembered()
    assert copy.renew(renewed)[1]["error"] == "invalid_grant"

    # What the provider tells one of them ends the session at the other; and a logout token counts once, here or there.
    visitor = replicas.visitor()
    visitor.walk("rocket")
    token = replicas.provider.logout_token(sub=visitor.claims["sub"])
    assert replicas.send_logout_token(token, at=one).status == 200
    assert replicas.send_logout_token(token, at=other).status == 400
    visitor.at = other
    assert not visitor.is_remembered()
