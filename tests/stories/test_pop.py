"""A call rings, and the agent's screen shows who it is."""

from tests.fakes.centre import Centre, customers_in, running

NUMBER = "+8613800138000"


async def test_the_card_comes_whole_with_the_ring(centre: Centre) -> None:
    await centre.directory.add("王芳", NUMBER, company="Acme")
    anna = await centre.agent("anna", extension="1001")
    customer = centre.customer("13800138000", name="Wang").calls("support")
    await centre.directory_answered()

    customer.rings(anna, "support")

    pop = await anna.next()
    assert pop["type"] == "pop"
    assert pop["card"]["state"] == "known"
    assert customers_in(pop) == ["王芳"]
    assert pop["call"]["number"] == NUMBER
    assert pop["call"]["shown"] == "138 0013 8000"
    assert pop["call"]["queue"] == "support"
    assert pop["call"]["state"] == "alerting"
    stamps = pop["stamps"]
    assert stamps["read"] <= stamps["event"] <= stamps["dispatched"] <= centre.web.clock.now()
    assert (await anna.next())["agent"]["state"] == "ringing"
    assert centre.directory.asked == [NUMBER]


async def test_the_pop_waits_a_moment_for_a_lookup_that_began_with_the_ring(centre: Centre) -> None:
    await centre.directory.add("王芳", NUMBER)
    anna = await centre.agent("anna", extension="1001")

    centre.customer(NUMBER).calls().rings(anna)

    assert (await anna.next())["type"] == "call"  # that it rings is shown at once
    pop = await anna.sees("pop")
    assert pop["card"]["state"] == "known"


async def test_a_reload_shows_the_same_card(centre: Centre) -> None:
    await centre.directory.add("王芳", NUMBER)
    anna = await centre.agent("anna", extension="1001")
    customer = centre.customer(NUMBER).calls("support")
    customer.rings(anna, "support")
    pop = await anna.sees("pop")
    customer.is_answered_by(anna)
    talking = await anna.sees("call")
    await anna.closes()

    again = await anna.opens()

    assert again["type"] == "snapshot"
    assert again["calls"] == [talking["call"]]
    assert again["cards"] == [pop["card"]]
    assert again["agent"]["state"] == "talking"


async def test_an_agent_chooses_among_several_customers_with_the_number(centre: Centre) -> None:
    wife, husband = await centre.directory.add("李娜", NUMBER), await centre.directory.add("张伟", NUMBER)
    anna = await centre.agent("anna", extension="1001")
    tab = await centre.another_tab(anna)
    customer = centre.customer(NUMBER).calls("support")
    customer.rings(anna, "support")
    pop = await anna.sees("pop")
    assert (pop["card"]["state"], pop["card"]["chosen"]) == ("several", None)
    assert {wife.name, husband.name} == set(customers_in(pop))

    answer = await anna.asks("card.choose", call=customer.id, customer=husband.id)

    assert answer["type"] == "done"
    card = await tab.sees("card")
    assert card["card"]["chosen"] == husband.id
    refused = await anna.asks("card.choose", call=customer.id, customer=99)
    assert refused["code"] == "unknown_customer"


async def test_an_unknown_caller_is_registered(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    customer = centre.customer(NUMBER).calls("support")
    customer.rings(anna, "support")
    pop = await anna.sees("pop")
    assert (pop["card"]["state"], pop["card"]["matches"]) == ("unknown", [])
    customer.hangs_up()
    await anna.sees("call.gone")

    answer = await anna.asks("customer.register", call=customer.id, name=" 王\n芳 ", tags=["vip"])

    assert answer["type"] == "done"
    card = next(frame for frame in anna.frames if frame["type"] == "card" and frame["card"]["state"] == "known")
    assert customers_in(card) == ["王 芳"]
    assert (await centre.directory.by_number(NUMBER))[0].customer.tags == ("vip",)
    twice = await anna.asks("customer.register", call=customer.id, name="王芳")
    assert twice["code"] == "already_registered"


async def test_a_withheld_number_is_no_new_customer(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    customer = centre.customer("anonymous").calls("support")

    customer.rings(anna, "support")

    pop = await anna.next()
    assert pop["type"] == "pop"
    assert (pop["card"]["state"], pop["call"]["number"]) == ("hidden", "")
    refused = await anna.asks("customer.register", call=customer.id, name="Nobody")
    assert refused["code"] == "no_number"


async def test_a_colleague_is_no_customer(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")

    centre.customer("1002", name="Ben").calls(direction="internal").rings(anna)

    assert (await anna.next())["card"]["state"] == "internal"
    assert centre.directory.asked == []


async def test_a_slow_lookup_is_patched_in() -> None:
    async with running(budget_seconds=0.05) as centre:
        await centre.directory.add("王芳", NUMBER)
        centre.directory.open.clear()
        anna = await centre.agent("anna", extension="1001")

        centre.customer(NUMBER).calls().rings(anna)

        pop = await anna.sees("pop")
        assert (pop["card"]["state"], pop["card"]["matches"]) == ("looking", [])
        centre.directory.open.set()
        card = await anna.sees("card")
        assert (card["card"]["state"], customers_in(card)) == ("known", ["王芳"])


async def test_a_lookup_that_fails_does_not_stop_the_pop(centre: Centre) -> None:
    centre.directory.error = RuntimeError("the database is on fire")
    anna = await centre.agent("anna", extension="1001")

    centre.customer(NUMBER).calls().rings(anna)

    assert (await anna.sees("pop"))["card"]["state"] == "failed"


async def test_a_call_pops_once_for_each_ring(centre: Centre) -> None:
    await centre.directory.add("王芳", NUMBER)
    anna = await centre.agent("anna", extension="1001")
    ben = await centre.agent("ben", extension="1002")
    customer = centre.customer(NUMBER).calls("support")
    customer.rings(anna, "support")
    await anna.sees("pop")
    customer.rings(anna, "support")  # the switch says it twice
    assert "pop" not in await anna.meanwhile()

    customer.leaves(anna)
    gone = await anna.sees("call.gone")
    customer.rings(ben, "support")

    assert gone["cause"] == "call_not_answered"
    assert customers_in(await ben.sees("pop")) == ["王芳"]
    customer.leaves(ben)
    customer.rings(anna, "support")  # and later anna's phone rings anew
    assert (await anna.sees("pop"))["card"]["state"] == "known"


async def test_a_pop_that_waits_dies_with_the_ring() -> None:
    async with running(budget_seconds=0.2) as centre:
        centre.directory.open.clear()
        anna = await centre.agent("anna", extension="1001")
        customer = centre.customer(NUMBER).calls()
        customer.rings(anna)
        customer.hangs_up()
        await anna.sees("call.gone")
        centre.directory.open.set()
        await centre.directory_answered()

        assert "pop" not in await anna.meanwhile()


async def test_an_outbound_call_shows_the_card_without_a_pop(centre: Centre) -> None:
    await centre.directory.add("王芳", NUMBER)
    anna = await centre.agent("anna", extension="1001")
    customer = centre.customer(NUMBER).calls(direction="outbound")

    customer.is_answered_by(anna)

    assert (await anna.next())["type"] == "call"
    while (card := await anna.sees("card"))["card"]["state"] != "known":
        pass
    assert customers_in(card) == ["王芳"]


async def test_stamps_of_a_painted_pop_are_counted_once(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    ben = await centre.agent("ben", extension="1002")
    centre.customer("anonymous").calls().rings(anna)
    pop = await anna.sees("pop")
    received = pop["stamps"]["dispatched"] + 1.0
    await ben.says("pop.painted", pop=pop["pop"], received=received, painted=received + 2.0)
    assert (await ben.sees("refusal"))["code"] == "unknown_pop"

    for _ in range(2):
        await anna.says("pop.painted", pop=pop["pop"], received=received, painted=received + 2.0)
    await anna.meanwhile()

    figures = centre.web.pops.figures()
    assert figures["painted"].count == figures["total"].count == 1
    assert abs(figures["painted"].p50 - 2.0) < 0.01
    assert abs(figures["received"].p50 - 1.0) < 0.01


async def test_not_this_person_is_taken_off_the_card_and_ranked_last_from_now_on(centre: Centre) -> None:
    wang = await centre.directory.add("王芳", "+8613800138000")
    li = await centre.directory.add("李小明", "+8613800138000")
    anna = await centre.agent("anna", extension="1001")
    centre.link_comes_up(centre.member(anna))
    first = centre.customer("13800138000").calls("support")
    await centre.directory_answered()
    first.rings(anna, "support")
    assert sorted(customers_in(await anna.sees("pop"))) == ["李小明", "王芳"]

    assert (await anna.asks("card.deny", call=first.id, customer=wang.id))["type"] == "done"
    card = next(frame for frame in reversed(anna.frames) if frame["type"] == "card")
    assert (customers_in(card), card["card"]["state"], card["card"]["chosen"]) == (["李小明"], "known", li.id)
    assert (await anna.asks("card.deny", call=first.id, customer=wang.id))["code"] == "unknown_customer"
    first.hangs_up()

    again = centre.customer("13800138000").calls("support")
    await centre.directory_answered()
    again.rings(anna, "support")
    assert customers_in(await anna.sees("pop")) == ["李小明", "王芳"]
