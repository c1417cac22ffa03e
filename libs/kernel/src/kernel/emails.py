"""E-mail addresses: one form for all ways to write the same one."""

from email_validator import EmailNotValidError, validate_email

from chassis.errors import Invalid

LONGEST = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets


def normalised(text: str) -> str:
    """The address in lower case, its domain in its ASCII form. Asks no DNS. Raises Invalid.

    Case matters to no mail provider people use, and two accounts that differ in it alone would be a trap.
    """
    if len(text) > LONGEST:
        raise _invalid()
    try:
        # names under .test (RFC 2606) are let in: they reach nobody, and every test world needs some
        checked = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as error:
        raise _invalid() from error
    return (checked.ascii_email or checked.normalized).lower()


def _invalid() -> Invalid:
    return Invalid("email is not an e-mail address", field="email")
