"""English words as the reader of symbols must know them: which are never tickers, which only seldom. Data only."""

# Written in capitals these are words of a sentence, whatever trades under them.
FUNCTION_WORDS = frozenset(
    """
    a about above after again against ago all also am an and any are as at be because been before behind being
    below best between big both but buy by can come could day days did do does doing done down during each else
    end even ever every far few for from get give go goes going good got had has have he hello her here hers hey
    hi high him his how i if in into is it its just keep know last least less let like list long look lot low made
    make many may me mean might mine more most move much must my near need never new next no nor not now of off ok
    okay old on once one only or other our out over own part past per please put real really said same saw say see
    sell she short should show since so some soon still such take tell than thank thanks that the their them then
    there these they thing this those through time to today too top toward try two under until up us use versus
    very vs was way we week well went were what when where which while who whom whose why will with word worth
    would year yes yet you your
    """.split()
)

# Short words that are tickers somewhere: in lower case, or in a sentence all in capitals, they are words.
SHORT_WORDS = frozenset(
    """
    able ace act add age aid air alto app apps arc area aria arm army art away axon back bad bag ball band bank
    bar base bat bath beam bear beat bed bell belt bid bill bit blue boat body bold bond book boom boot born boss
    bowl box boy bright bull bulls burn bus cab cake call calm camp cap car card care cars cart case cash cat cell
    chef chip city clear club coal coat code coin cold cook cool core corn cost crew crop cup cut dad dare dash
    data date dead deal debt deck deep deer desk dig dish dive dog door dot drop dry duck duo dust duty ear earn
    east easy eat echo eco edge egg ever eye face fact fair fall farm fast fat fate fear feed feel fees file fill
    film find fine fire firm fish fit five fix flag flat flex flow fly fold food foot ford form four free friend
    fuel full fun fund fury gain game gap gas gate gem gene gift gig girl glad glow goal gold golf grab gray grow
    gun guy hack hair half hall hand hang hard harm hat head hear heat help hero hide hill hint hire hit hold hole
    home hood hope horn host hot hour hub huge human hut ice icon idea inch info ink inn iron jack jam jet job
    join joy judge jump junk jury key kid kids kind king kit lab lack lake land lane large late law lay lazy lead
    leaf lean led leg lend lens lid lie life lift line link lion live load loan lock loop lost love luck mail main
    man map mark mass mat math max meal meat meet menu met mid milk mind mine miss mist mix mode mood moon moss
    mug nail name nano navy neat neck net news nice nine node none nose note nova nut oak odd offer oil oils open
    orb order out owl pack page paid pair pal park part path pay peak pen pet pick pie pig pin pit plan play plot
    plug plus poet pole pool poor pop port post pot power price prime pro pros pull pump pure push quiz race rail
    rain raise ran rang range rank rare rate raw read red rent rest rice rich ride ring rise risk road rock roll
    roof room root rope rose row rule run rush safe sail sale salt sand save sea seal seat seed sent set shop sick
    side sign silk sit site six size skin sky slim slow small smart snap snow soil sold solo son song sort soul
    spot spy stag star stay stem step stir stock stop store story sum sun sure swan swap tail talk tall tank tap
    target tax tea team tech teen ten term test text tie tile till tin tip tire toe ton tool tour town toy trade
    trap tree trend trip true turn twin type unit upon van vast vein very via view visa vote wage wait wake walk
    wall want war warm wash wave wax weak wear web weird west wet whole wide wife win wind wine wing wire wise
    wolf wood work world wow yard yield zip zone zoo
    """.split()
)

# Abbreviations of finance and of everyday writing: no tickers without a cashtag, and no unknown symbols.
ABBREVIATIONS = frozenset(
    """
    ABS ADR ADRS AFFO AGM AI ALM AM AMA AMEX AML AOCI API APR APY ARPU ASAP ASW ASX ATH ATM AUD AUG AUM B2B B2C BBC
    BIS BLS BNPL BOE BOJ BOP BPS BRICS BRL BSE BTW CAC CAD CAGR CAPE CAPEX CAPM CBO CBOE CD CDO CDS CEO CFA CFD CFO
    CFTC CGT CHF CIO CLO CMBS CME CML CNBC CNN CNY COGS COMEX COO COT COVID CPI CRB CSR CSV CTO CUSIP DAO DCF DEC
    DEFI DIY DJIA DKK DM DOE DOJ DR DRIP DSCR DTC DTI EAY EBIT EBITA EBITDA EBITDAR EC ECB EDGAR EFFR EIA EM EMA EMEA
    EMH EOD EOM EOY EPA EPS ESG ESOP EST ET ETA ETF ETFS ETN EU EUR EV FAANG FAQ FAQS FCF FDA FDIC FEB FED FFO FHA
    FIFO FINRA FIRE FOK FOMC FOMO FOREX FRED FRI FSB FT FTC FX FY FYI GAAP GAFA GBP GDP GDPR GIPS GMT GNP GP GTC HFT
    HICP HKD HKEX HNW HQ HR HTML HTTP HY IFRS IG II III IMF IMO INR IORB IP IPO IPOS IR IRA IRR IRS ISA ISIN ISM IT
    ITM IV IX JAN JPEG JPY JSON JUL JUN KPI KPIS KRW KYC LBO LBOS LEAPS LIBOR LIFO LLC LLM LLP LP LSE LTD LTM LTV
    MACD MAG MAR MAY MBA MBS MD MFN MIFID ML MLP MOIC MOM MON MPC MPT MTD MXN NAFTA NAIRU NASA NASDAQ NATO NAV NAVS
    NBBO NBER NDA NDF NFP NFT NFTS NGO NI NII NIM NLP NOK NOPAT NOV NPL NPV NSE NSFR NYMEX NYSE NYT NZD OAS OCF OCI
    OCT OECD OEM OHLC OHLCV OK OMB OPEC OPEX OTC OTCMKTS OTM OTR P2P
    PB PC PCE PDF PDFS PE PEG PFOF PHD PIK PIPE PLN PM PMI PPI
    PPP PR PS PT PTO PV PVBP QA QE QOQ QR QT QTD RBA RBI REER RMBS ROA ROAS ROCE ROE ROI ROIC ROTH RRP RRSP RSI RSS
    RSU RSUS RVOL SAAS SAT SBA SEC SEK SEO SEP SEPT SGD SIP SIPC SLA SMA SMB SME SOFR SOX SPAC SPACS SPV SQL SRI SSA
    SUN SWOT TA TAM TARP TBA TBV TBVPS TCO THU THUR TIPS TL TLDR TSX TTM TUE TUES TV TWAP UAE UBI UCITS UI UK ULC UN
    URL US USA USD USSR UTC VAR VAT VC VI VII VIII VIP VPN VWAP WACC WED WFH WHO WSJ WTI WTO WWW XETRA XI YOLO YOY
    YTC YTD YTM YTW ZAR ZIRP
    """.split()
)

# Company names that are English words or phrases: names only where they stand like one (capital letter or context).
COMMON_NAMES = frozenset(
    """
    admiral affirm alliance arm ball block bloom booking box brady bread bridge buckle cactus canon capital
    carrier catalyst chase choice city clear coach compass constellation continental core corning crane crown
    crude delta deluxe diploma disco dollar dominion dover dow eagle edison energy equity ether everest evergreen
    evolution extreme fair first flex ford fortune fox frontdoor frontier gap gates general genius gibraltar
    global globe gold golden granite green harmonic hub imperial insight integer interface investor knowles lamb
    legend lemonade ligand loop lucid lumen marathon match matthews medical mercury minerals mondi monster mosaic
    national net news next noble norma north nova now oil olympus open oracle orange orion oxford pacific
    paramount park partners patrick pearson persimmon phoenix pioneer platinum pool powell premier principal
    progress progressive prudential quest rational realty recruit regions republic reserve resources ring riot
    rogers root roper ross royal rush russell sabre safe sage sap scholastic science screen select sharp shell
    shift signet silver simply smart snap snowflake solutions sonic southern southwest square standard staples
    star state sto stone strategy stride sun synchrony tapestry target thor tidewater tile titan toast tractor
    trade travelers trinity trip tyler union unit united unity universal upstart vail valley vertex verve visa
    vista vital waters wave weir wendel werner western wiley wolf workday yellow zebra zoom
    """.split()
) | {
    "best buy", "realty income", "global payments", "public storage", "capital one", "cable one", "match group",
    "first solar", "core laboratories", "natural gas", "international paper", "dollar tree", "dollar general",
    "public service", "live nation", "air products", "expand energy", "clear secure", "open text",
    "us stocks", "the market", "the stock market", "stock market", "markets", "the markets", "wall street",
}  # fmt: skip

# First words of many companies: alone they name none.
GENERIC = frozenset(
    """
    advanced allied american applied asia asian associated australian banco bank best british canadian capital
    central china chinese city commercial consolidated credit digital direxion east eastern euro european federal
    fidelity financial financials first franklin fund general german global great group health healthcare home
    index industrial industry insurance international invesco investment ishares japan japanese korea life market
    markets materials micro mitsubishi motor national new nippon north northern nuveen pacific power proshares
    public real royal sample schwab security select service services shares south southern spdr standard state
    stock stocks sumitomo swiss system systems tech technologies technology texas total trust union united
    universal utilities vanguard west western wisdomtree world
    """.split()
)

# Around a common word that is meant as a name: "how did target do", "why is oil up", "visa stock".
BEFORE_NAME = frozenset(
    """
    about against and are beat beaten beating beats behind between buy can compare did does dragging driving drove
    for had has hit hold how in is lag lagged lagging lags lifting like making moved moving of on or outpace
    outpaced outperform outperformed own owns price pushing sell sending should surpass surpassed than trail trailed
    trailing trails underperform underperformed versus vs was were why will with would
    """.split()
)
AFTER_NAME = frozenset(
    """
    above and at beat been below better between by chart climb climbed close closed closing do doing done down drop
    dropped during earnings end ended fall fallen fare fared faring fell finish finished from futures gain gained go
    gone headlines high in jump jumped keeps last lose lost low more move moved moves moving near news on open
    opened or outperform outperformed over perform performance performed performing plunge plunged price prices
    quote rallied rally react reacted return returned returns rise risen rose share shares since slid slide spot
    stock stocks surge surged than this today trade traded trades trading up versus volume vs went when worse worth
    yesterday
    """.split()
)

# Words that leave a clause without a topic of its own: what it is about was said before.
TOPICLESS = FUNCTION_WORDS | frozenset(
    """
    eod plz pls prev previous rn thanks thx volumes winners
    actual actually again ahead amount anything average behind better big bigger biggest cause caused causing
    change changed changes check close closed closes closing companies company compare compared comparison cost crash
    crashed current currently daily developments dip dipped driving drop dropped drove end ended exactly explain fall
    fallen falling faster fell figure figures find finish finished follow further gain gained gainer gainers gains
    generally green happen happened happening harder headline headlines higher highest highs idea intraday item items
    jump jumped larger latest level levels list listed lose loser losers losing loss lost lower lowest lows many max
    maximum min minimum move moved movement mover movers moves moving much news number numbers open opened opening
    overall peak percent percentage perform performance performed performer performers performing period please plunge
    plunged price prices pull question quick quickly quote rallied rally range reason reasons recent recently red return
    returned returns right rise risen rising rose s session settle share shares show side slide small smaller smallest
    stock stocks stories story sum summary sure surge symbol symbols tell them ticker tickers told total trade traded
    trades trading trough understand update updates value versus volume what whats won worse worst
    """.split()
)

# Capitalised words in the names of concepts, rules and institutions: they make a question about no company.
CONCEPT_NAMES = frozenset(
    """
    altman america american americans apr asian bank beige bermudan beveridge black bollinger book brent britain
    british calmar carlo central china christmas coco cocos committee congress defi dodd dow dupont dutch earnings
    english ether europe european fama fed federal fibonacci financing fisher form forty frank fridays friedman fund
    gini global gordon greek greeks inflation intermediate international investment january japanese jensen jones
    juneteenth kelly kingdom london lorenz macaulay market markowitz miller modigliani monetary monte murphy nash
    new north okun open overnight pareto performance pfandbrief phillips piotroski ponzi protected rate rates
    regulation reserve roth rule saa sahm santa schedule scholes sea section secured securities sharpe shiller sloan
    sortino standards states swiss tax taylor texas tobin treasuries treasury treynor union united wall west york
    """.split()
)

# What is said of prices beside the words without a topic.
PRICE_TALK = frozenset(
    """
    all-time badly beat beaten beating beats behind blame bottom bottomed breach breached break breaks broke broken
    came cents changing chart cheap cheaper cheapest chf collapse collapsed convert cost costly costs cross crossed
    crosses crossing date day days dearer deliver developed difference direction dollar dollars double doubled doubling
    drive eur euros exceed exceeded expensive explain explains far fare fared faring fetch fetched fetches fetching
    first francs gap gbp gone ground halve halved hands headed heading hi hit intraday jpy lag laggard laggards lagged
    lagging lags large lately lay lifted lo loser lower minus moment month monthly net newest nowadays ohlc ohlcv
    outdid outdo outdone outpace outpaced outpacing outperform outperformed outperforming outran outrun overtake
    overtaken overtook pace peaked pence plummet plummeted points pound pounds present priced pricier print pushed
    pushing px quarter rallying rank ranked rate reach reached reaches react reacted record recover recovered relative
    sank sell-off selloff sent single sink sit sits sitting skyrocket skyrocketed slip slipped slump slumped soar
    soared spike spiked spot stack stacked stacks stands sterling stood stronger strongest strongly summarise summarize
    summarized sunk surpass surpassed swing swings swung tag tank tanked top topped touch touched trail trailed
    trailing trails trend trigger triggered triple tripled tumble tumbled typical u underperform underperformed usd
    weaker weakest week weekly weeks whether win winner worth year yearly years yen
    """.split()
)
