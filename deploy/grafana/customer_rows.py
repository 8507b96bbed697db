"""The row for customer experience: scores, answers, stores in need of attention."""

from panel import BLUE, RATE, RED, B, J, Panel, Query, one

WINDOW = 'window="30d"'
_SCORE = f"job_brand_window:nps_score:points{{{B}"
_WORST = f"bottomk(10, nps_worst_store_score_high{{{B}}})"

CUSTOMERS = (
    Panel(
        title="NPS, 30 days",
        what="Score of each brand, half its 95 % interval, and the answers behind. Few answers, wide interval: wait.",
        unit="none",
        decimals=1,
        kind="table",
        width=10,
        by=("brand",),
        queries=(
            Query(expr=f"{_SCORE},{WINDOW}}}", legend="NPS"),
            Query(expr=f"1.959964 * sqrt(job_brand_window:nps_score:variance{{{B},{WINDOW}}})", legend="± 95 %"),
            Query(expr=f"job_brand_window:nps_window_answers:sum{{{B},{WINDOW}}}", legend="answers"),
        ),
    ),
    Panel(
        title="NPS, rolling 7 days",
        what="Trend of each brand, -100 to 100. BrandScoreDrop compares with a week before, beyond chance.",
        unit="none",
        decimals=1,
        width=14,
        low=-100,
        high=100,
        queries=one(f'{_SCORE},window="7d"}}', "{{brand}}"),
    ),
    Panel(
        title="Answers by band, 30 days",
        what="Promoters (9-10), passives (7-8) and detractors (0-6) of the brands selected.",
        unit="short",
        kind="bars",
        queries=one(f"sum by (band) (job_brand_window_band:nps_window_answers:sum{{{B},{WINDOW}}})", "{{band}}"),
    ),
    Panel(
        title="Answers arriving",
        what="Answers counted, by band; corrections are not taken back here, but they are in the scores.",
        unit="cps",
        stacked=True,
        queries=one(f"sum by (band) (rate(nps_answers_total{{{B}}}{RATE}))", "{{band}}"),
    ),
    Panel(
        title="Stores by band",
        what="How many stores are in which band of score; those with too few answers say nothing yet.",
        unit="none",
        decimals=0,
        kind="bars",
        queries=one(f"sum by (band) (nps_stores{{{B}}})", "{{band}}"),
    ),
    Panel(
        title="Stores most in need of attention",
        what="NPS of the worst stores with their 95 % interval and the answers behind it, lowest upper bound first.",
        unit="none",
        decimals=1,
        kind="table",
        width=14,
        height=10,
        by=("brand", "store"),
        queries=(
            Query(expr=f"nps_worst_store_score{{{B}}} and {_WORST}", legend="NPS"),
            Query(expr=f"nps_worst_store_score_low{{{B}}} and {_WORST}", legend="from"),
            Query(expr=_WORST, legend="to"),
            Query(expr=f"nps_worst_store_answers{{{B}}} and {_WORST}", legend="answers"),
        ),
    ),
    Panel(
        title="Alerts per hour, by brand",
        what="Detractors to call back within 48 hours, and those muted, over the last hour.",
        unit="short",
        width=10,
        height=10,
        queries=(
            Query(expr=f"sum by (brand) (increase(nps_alerts_total{{{B}}}[1h]))", legend="{{brand}}"),
            Query(expr=f"sum(increase(nps_alerts_muted_total{{{B}}}[1h]))", legend="muted"),
        ),
    ),
    Panel(
        title="Score alarms per hour, by rule",
        what="Stores and brands whose score fell or rose beyond chance, and bursts at kiosks, over the last hour.",
        unit="short",
        width=24,
        height=6,
        queries=one(f"sum by (brand, rule) (increase(nps_alarms_total{{{B}}}[1h]))", "{{brand}}: {{rule}}"),
    ),
    Panel(
        title="Age of these figures",
        what="Since the workers last computed what the metrics say of brands and stores.",
        unit="s",
        kind="stat",
        width=24,
        height=3,
        steps=((None, BLUE), (300, RED)),
        queries=one(f"time() - min(nps_figures_timestamp_seconds{{{J}}})"),
    ),
)
