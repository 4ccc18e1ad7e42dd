"""Words that English and Malay shops print in headings, articles, addresses, names and remarks."""

from __future__ import annotations

from corpus.synthesis.texts import listed

HEADINGS = listed(
    """
    total subtotal sub-total cash change tax invoice receipt amount qty quantity item items description
    price unit disc discount rounding rounded date time cashier table member summary balance due paid
    payment card visa master code rate net gross sales sale counter order bill ref no number page pax trx
    terminal staff salesperson customer copy original duplicate document approval voucher coupon points
    saving deposit refund void tender tendered charge service delivery collection branch store shop
    station pump litre nozzle account type status operator shift register room guest waiter server user
    remark adjustment supplies inclusive excl. incl. amt gst sst vat reg id inv doc pos ic tel fax email
    h/p
    """
)
GOODS = listed(
    """
    milk bread rice egg eggs sugar salt flour noodle mee goreng nasi lemak ayam ikan daging udang sayur
    kuah teh tarik kopi ais panas limau milo susu roti canai telur tahu tempe sambal kari laksa satay
    chicken beef lamb fish prawn crab pork soup salad burger pizza pasta fries set meal combo large small
    medium regular hot cold ice iced lemon green black white red blue gold silver tea coffee latte mocha
    juice orange apple mango grape banana water mineral cola cream chocolate vanilla cake cookie biscuit
    cheese butter jam honey oil sauce soy pepper garlic onion potato tomato cabbage paper towel tissue
    soap shampoo brush paint nail screw bolt nut hammer drill tape glue wire cable plug socket lamp bulb
    led battery pipe valve hose pump rope chain lock key hinge wood steel plastic glass bag bottle box
    pack packet tin cup plate spoon fork knife pen pencil marker eraser ruler file folder envelope stapler
    book note pad card shirt pants shoes socks hat belt watch phone case charger toy ball game gift
    medicine vitamin cough tablet mask glove cotton baby diaper pet food cat dog garden plant pot soil
    seed extra original classic fresh sweet spicy fried steamed grilled special deluxe mini
    """
)
PLACES = listed(
    """
    jalan jln lorong taman tmn bandar kampung kg seksyen lot no. blok block level floor ground unit plaza
    mall pusat kawasan perindustrian industrial park lebuh persiaran lingkaran bukit sungai batu kota seri
    sri selangor johor pulau pinang penang perak kedah melaka pahang sabah sarawak kuala lumpur shah alam
    petaling jaya subang klang cheras ampang kajang puchong rawang ipoh kluang muar skudai setapak kepong
    gombak sentosa baru lama utama indah permai damai harmoni mewah maju setia impian raya besar tengah
    timur barat utara selatan dagang perdana mutiara kencana bahagia malaysia d.e. darul ehsan takzim
    """
)
FIRMS = listed(
    """
    sdn bhd enterprise trading restaurant restoran kedai makan mart market supermarket minimarket hardware
    stationery pharmacy farmasi bakery cafe house kitchen corner food foods holdings group company co.
    perniagaan syarikat pasaraya electrical auto service station fashion optical books gift centre center
    resources marketing industries supply (m) & sons brothers global international star sun gold lucky
    happy new
    """
)
REMARKS = listed(
    """
    thank you for shopping with us please come again goods sold are not returnable and non refundable keep
    this receipt as proof of purchase within days exchange only no cash the price is inclusive of all
    prices tax have a nice day visit our website at customer service hotline any complaint call to join
    members enjoy more free gift received in good order condition by signature this computer generated no
    required subject to terms conditions apply items on sale cannot be exchanged returned must be
    accompanied original terima kasih sila datang lagi barang yang telah dijual tidak boleh ditukar atau
    dikembalikan shown adjustment made your total savings today welcome open daily from am pm follow like
    our page scan here valid until next
    """
)
