"""What people do at Keycloak's form."""

from .waiting import wait_until

FORM = "#kc-form-login"
NAME = "#username"
PASSWORD = "#password"
SUBMIT = "#kc-login"
# In the form that only asks for the password again: "restart login".
SOMEBODY_ELSE = "#reset-login"
# What it says above the form, such as why it lets somebody not in.
MESSAGE = ".kc-feedback-text"


def wait_for_form(browser, keycloak):
    wait_until("Keycloak's form", lambda: browser.is_at(keycloak.url) and browser.has(FORM) and browser.has(PASSWORD))


def submit(browser, person):
    wait_until("Keycloak's wish for a name", lambda: browser.has(f"{NAME}:not([type=hidden])"))
    browser.fill(NAME, person.username)
    browser.fill(PASSWORD, person.password)
    browser.press(SUBMIT)


def sign_in(browser, keycloak, person):
    wait_for_form(browser, keycloak)
    submit(browser, person)
