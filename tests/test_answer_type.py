"""An answer holds the kind of thing that is asked for: a count, money, a share, a time; or it is none."""

import pytest

from assistant.answer_type import fits


@pytest.mark.parametrize(
    ("question", "answer", "fit"),
    [
        ("When does the offer of Jaskline close?", "Jaskline caps the outlay at 910 million dollars.", False),
        ("When does the offer of Jaskline close?", "Holders may tender until the second Friday of August.", True),
        ("Until which month may I tender?", "The offer lapses in October.", True),
        ("When will the plant reopen?", "It reopens as soon as the inspectors have signed.", True),
        ("By how many rooms does Jaskline grow?", "The plan was changed.", False),
        ("By how many rooms does Jaskline grow?", "It adds thirty rooms.", True),
        ("Jaskline tender premium, percent?", "The offer runs for 30 days.", False),
        ("What percentage of the shares does it hold?", "The fund holds 4.8 % of them.", True),
        ("What did the fund ask for?", "The fund asked for a seat on the board.", True),  # nothing is beyond doubt
        ("When does it open, and what does it cost?", "The hall opens in May.", True),
        # A count is neither a price, a share nor a date.
        ("How many rooms does Jaskline add?", "It plans 34 hotels.", True),  # what is counted is not judged
        ("How many rooms does Jaskline add?", "The hotels cost $34 million.", False),
        ("How many rooms does Jaskline add?", "Work begins in 2031.", False),
        ("How many rooms does Jaskline add?", "None were added.", True),
        ("How many annual reports are affected?", "Accounts for 6 years have to be redone.", True),
        ("JSKL number of rooms?", "A night costs 80 euros.", False),
        ("Please state the number of rooms.", "Jaskline counts 1,200 of them.", True),
        ("What drives the number of visitors?", "The weather does.", True),  # asks for a cause
        # A unit at the end, after a comma or "in", says what is asked for, whatever stands before it.
        ("How wide was the release of the game, in copies?", "Opening weekend: USD 148 million.", False),
        ("Ruvistria import cover, months?", "26.5 per cent of the hoard is bullion.", False),
        ("Ruvistria import cover, months?", "Reserves pay for four months of imports.", True),
        ("How many voted yes, in percent?", "The yes camp won 79.5 percent.", True),
        ("How many voted yes, in percent?", "Some 40,000 voted yes.", False),
        ("What did the quarter bring, in dollars?", "Sales were up 4 percent.", False),
        ("What did the quarter bring, in dollars?", "Sales were 6.2 billion dollars.", True),
        ("How much did it pay, in thousands?", "It paid 4,500.", True),
        ("How many million of receivables were sold?", "It sold receivables of $75 million.", True),
        # Lengths of time.
        ("How long do ships wait?", "The queue has 68 ships.", False),
        ("How long do ships wait?", "By January the queue should be gone.", True),
        ("How long is the tunnel?", "8,100 metres lie ahead of the cutters.", True),
        ("How many months does the delay last?", "The delay costs $4 million.", False),
        ("How much time does it get?", "It has until 2035.", True),
        # Money.
        ("What sum has Jaskline promised?", "Production fell 3 %.", False),
        ("What sum has Jaskline promised?", "It will pay 4.5 million pounds.", True),
        ("How much does it get?", "Everything was agreed in March 2031.", False),
    ],
)
def test_what_is_asked_for_beyond_doubt_has_to_be_there(question: str, answer: str, fit: bool) -> None:
    assert fits(question, answer) is fit
