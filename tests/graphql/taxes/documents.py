"""What clients ask about checkouts that an app taxes."""

from typing import Any

PRICES = """
fragment Prices on Checkout {
  subtotalPrice { gross { amount } net { amount } }
  shippingPrice { gross { amount } net { amount } }
  totalPrice { gross { amount } net { amount } }
  lines { id totalPrice { gross { amount } net { amount } } unitPrice { gross { amount } } }
}
"""
CREATE = f"""{PRICES} mutation ($input: CheckoutCreateInput!) {{
  it: checkoutCreate(input: $input) {{ checkout {{ id ...Prices }} errors {{ field code }} }} }}"""
ADD = f"""{PRICES} mutation ($id: ID!, $lines: [CheckoutLineInput!]!) {{
  it: checkoutLinesAdd(id: $id, lines: $lines) {{ checkout {{ ...Prices }} errors {{ field code }} }} }}"""
CHOOSE = f"""{PRICES} mutation ($id: ID!, $method: ID!) {{
  it: checkoutDeliveryMethodUpdate(id: $id, deliveryMethodId: $method) {{
    checkout {{ ...Prices }} errors {{ field code }} }} }}"""
PROMOTE = f"""{PRICES} mutation ($id: ID!, $code: String!) {{
  it: checkoutAddPromoCode(id: $id, promoCode: $code) {{ checkout {{ ...Prices }}
    errors {{ field code }} }} }}"""
MOVE = f"""{PRICES} mutation ($id: ID!, $address: AddressInput!) {{
  it: checkoutShippingAddressUpdate(id: $id, shippingAddress: $address) {{
    checkout {{ ...Prices }} errors {{ field code }} }} }}"""
BILL = f"""{PRICES} mutation ($id: ID!, $address: AddressInput!) {{
  it: checkoutBillingAddressUpdate(id: $id, billingAddress: $address) {{
    checkout {{ ...Prices }} errors {{ field code }} }} }}"""
OPTIONS = "mutation ($id: ID!) { it: deliveryOptionsCalculate(id: $id) { errors { code } } }"
NOTE = """mutation ($id: ID!) {
  it: checkoutCustomerNoteUpdate(id: $id, customerNote: "Soon") { errors { code } } }"""
EXEMPT = f"""{PRICES} mutation ($id: ID!) {{
  it: taxExemptionManage(id: $id, taxExemption: true) {{
    taxableObject {{ ...Prices }} errors {{ code }} }} }}"""
READ = f"{PRICES} query ($id: ID!) {{ checkout(id: $id) {{ ...Prices }} }}"
COMPLETE = """mutation ($id: ID!) {
  it: checkoutComplete(id: $id) { order { id total { gross { amount } net { amount } tax { amount } }
    shippingPrice { gross { amount } net { amount } } shippingTaxRate
    lines { taxRate totalPrice { gross { amount } net { amount } } } }
  errors { field code message } } }"""
PLACE = """mutation ($id: ID!) {
  it: orderCreateFromCheckout(id: $id) { order { id total { tax { amount } } } errors { code } } }"""
ADDRESS = {"firstName": "Salma", "lastName": "Bennani", "streetAddress1": "3 rue des Écoles"}
IN_PARIS = {**ADDRESS, "city": "Paris", "postalCode": "75005", "country": "FR"}
IN_RABAT = {**ADDRESS, "city": "Rabat", "postalCode": "10000", "country": "MA"}
REFUSED = {"field": None, "code": "TAX_ERROR", "message": "Configured Tax App returned invalid response."}


def both(price: dict[str, Any]) -> tuple[float, float]:
    return price["gross"]["amount"], price["net"]["amount"]
