"""What a client asks first."""

from tests.graphql.conftest import Ask


async def test_a_guest_learns_what_kind_of_shop_this_is(read: Ask) -> None:
    query = """{ shop {
      name domain { host sslEnabled url } languages { code language } defaultCountry { code country }
      countries { code } phonePrefixes schemaVersion version defaultWeightUnit limitQuantityPerCheckout
    } }"""
    shop = (await read(query))["shop"]
    assert shop["domain"] == {"host": "testserver", "sslEnabled": False, "url": "http://testserver"}
    assert shop["languages"] == [
        {"code": "AR", "language": "Arabic"},
        {"code": "EN", "language": "English"},
        {"code": "FR", "language": "French"},
    ]
    assert shop["defaultCountry"] == {"code": "MA", "country": "Morocco"}
    assert {"code": "SN"} in shop["countries"]
    assert "212" in shop["phonePrefixes"]
    assert (shop["schemaVersion"], shop["defaultWeightUnit"], shop["limitQuantityPerCheckout"]) == (
        "3.23",
        "KG",
        50,
    )
