"""Makes the sample reports of this folder: `python -m samples.make_samples` from the root of the repository.

Places, projects and figures are invented. The PDFs come out the same byte for byte; `samples/truth` holds what each
form prints.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from benchmarks.corpus.layouts import WIDTHS, Layout, blocks
from benchmarks.corpus.model import Block, Document, Form, FundingLine, Indicator, Line, PageBreak, Prose, Style, Table
from benchmarks.corpus.model import Cell as C
from benchmarks.corpus.reportlab import render

HERE = Path(__file__).parent

HEADER = (
    (("项目名称", "project"),),
    (("主管部门", "department"), ("实施单位", "unit")),
)
FUNDING = (
    ("年初预算数", "initial"),
    ("全年预算数", "budget"),
    ("全年执行数", "executed"),
    ("分值", "weight"),
    ("执行率", "rate"),
    ("得分", "score"),
)
MINISTRY = Layout(
    name="mof_standard",
    header=HEADER,
    funding=FUNDING,
    indicators=(
        ("一级指标", "level1"),
        ("二级指标", "level2"),
        ("三级指标", "name"),
        ("年度指标值", "target"),
        ("实际完成值", "actual"),
        ("分值", "weight"),
        ("得分", "score"),
        ("偏差原因分析及改进措施", "deviation"),
    ),
)
NARROW = replace(MINISTRY, widths={**dict.fromkeys(WIDTHS, 1.0), "level2": 1.8}, is_vertical=True)
OPERATOR_COLUMNS = replace(
    MINISTRY,
    name="yunnan",
    marks=(Line("公开14表", 10, "right"),),
    indicators=(
        ("一级指标", "level1"),
        ("二级指标", "level2"),
        ("三级指标", "name"),
        ("指标性质", "operator"),
        ("指标值", "target"),
        ("度量单位", "unit"),
        ("实际完成值", "actual"),
        ("分值", "weight"),
        ("得分", "score"),
        ("偏差原因分析及改进措施", "deviation"),
    ),
    sections=("header", "funding", "goals", "indicators", "notes", "total"),
    notes=("其他需要说明事项", "无"),
    year_line=None,
)
WEIGHT_FIRST = replace(
    MINISTRY,
    name="poverty_fund",
    funding=(
        ("全年预算数（A）", "budget"),
        ("全年执行数（B）", "executed"),
        ("分值", "weight"),
        ("执行率（B/A）", "rate"),
        ("得分", "score"),
    ),
    indicators=(
        ("一级指标", "level1"),
        ("二级指标", "level2"),
        ("三级指标", "name"),
        ("分值", "weight"),
        ("年度指标值", "target"),
        ("全年实际值", "actual"),
        ("得分", "score"),
        ("未完成原因及拟采取的改进措施", "deviation"),
    ),
    goals=(("年初设定目标", "goal_expected"), ("年度总体目标完成情况综述", "goal_actual")),
    sections=("header", "funding", "goals", "indicators", "total"),
    stub="绩效指标",
    is_vertical=True,
    year_line="（{year} 年度）",
)


def money(budget: str, executed: str, *, initial: str | None = None, weight: str = "10.00") -> tuple[FundingLine, ...]:
    """Return the four usual lines: all of the money is of this year."""
    share = Decimal(executed) / Decimal(budget)
    cent = Decimal("0.01")
    rate = (share * 100).quantize(cent, ROUND_HALF_UP)
    score = (min(share, Decimal(1)) * Decimal(weight)).quantize(cent, ROUND_HALF_UP)
    first = initial or budget
    return (
        FundingLine("年度资金总额", first, budget, executed, weight, str(rate), str(score)),
        FundingLine("其中：当年财政拨款", first, budget, executed, "-", str(rate), "-"),
        FundingLine("上年结转资金", "0.00", "0.00", "0.00", "-", "0.00", "-"),
        FundingLine("其他资金", "0.00", "0.00", "0.00", "-", "0.00", "-"),
    )


def rows(*texts: str) -> tuple[Indicator, ...]:
    """Read rows written as level 1 | level 2 | name | target | actual | weight | score | reason."""
    found = []
    for text in texts:
        level1, level2, name, target, actual, weight, score, reason = text.split("|")
        found.append(Indicator(level1, level2, name, target, actual, weight, score, reason))
    return tuple(found)


WATER = Form(
    title="财政项目支出绩效自评表",
    year="2023",
    project="青禾湖流域水质自动监测站运行维护",
    department="临泽市生态环境局",
    unit="临泽市环境监测中心",
    currency="万元",
    funding=money("318.60", "311.27"),
    goal_expected="保障流域内十二个自动监测站全年连续运行，按月向水务、农业等部门通报断面水质，遇到异常数据两小时内到场核查，为枯水期调度提供依据。",
    goal_actual="十二个站点全年在线运行，共发布水质月报12期，处置异常告警27起，均在两小时内到场；秋季更换了三处老化的采水泵，枯水期调度会商时提供断面数据4批。",
    indicators=rows(
        "产出指标|数量指标|运行维护监测站数量|=12.00(个)|12.00(个)|8.00|8.00|",
        "产出指标|数量指标|发布水质月报|≥12(期)|12.00(期)|8.00|8.00|",
        "产出指标|数量指标|更换采水泵|≥3.00(台)|3.00(台)|6.00|6.00|",
        "产出指标|质量指标|监测数据有效率|≥95.00(%)|97.40(%)|12.00|12.00|",
        "产出指标|质量指标|站点故障次数|<10.00(次)|6.00(次)|8.00|8.00|",
        "产出指标|时效指标|异常告警到场时间|≤2.00(小时)|1.50(小时)|10.00|10.00|",
        "效益指标|社会效益指标|水质信息公开|及时|达成指标|10.00|10.00|",
        "效益指标|生态效益指标|入湖断面达到三类水质比例|≥90.00(%)|91.67(%)|12.00|12.00|",
        "效益指标|可持续影响指标|站点运维管理制度|完善|达成指标|6.00|6.00|",
        "满意度指标|服务对象满意度指标|数据使用部门满意度|≥85.00(%)|96.00(%)|10.00|10.00|",
    ),
    total_weight="100.00",
    total_score="99.77",
    rating="优",
)
LIBRARY = Form(
    title="财政项目支出绩效自评表",
    year="2023",
    project="城乡流动图书车服务",
    department="临泽市文化广电旅游局",
    unit="临泽市图书馆",
    currency="万元",
    funding=money("86.40", "86.40", initial="80.00"),
    goal_expected="开行三条流动图书车线路，覆盖没有固定馆舍的乡镇，全年到站不少于四百次，把新书带到学校和养老院门口。",
    goal_actual="三条线路共到站436次，停靠学校21所、养老院9所，外借图书5.2万册次。年中追加6.40万元，用于给第三辆车加装升降台，方便行动不便的读者上车。",
    indicators=rows(
        "产出指标|数量指标|流动图书车到站次数|≥400.00(次)|436.00(次)|15.00|15.00|",
        "产出指标|数量指标|外借图书|≥5.00(万册次)|5.20(万册次)|15.00|15.00|",
        "产出指标|质量指标|新书占车载图书比例|≥30.00(%)|34.50(%)|10.00|10.00|",
        "产出指标|时效指标|按公布的时刻表到站|及时|达成指标|10.00|10.00|",
        "产出指标|成本指标|单次到站运行费用|≤2000.00(元)|1981.65(元)|10.00|10.00|",
        "效益指标|社会效益指标|服务无固定馆舍乡镇|=14(个)|14.00(个)|20.00|20.00|",
        "满意度指标|服务对象满意度指标|读者满意度|≥90.00(%)|98.20(%)|10.00|10.00|",
    ),
    total_weight="100.00",
    total_score="100.00",
    rating="优",
)
ROADS = Form(
    title="财政项目支出绩效自评表",
    year="2023",
    project="背街小巷路灯节能改造",
    department="临泽市城市管理局",
    unit="临泽市照明管理所",
    currency="万元",
    funding=money("1240.00", "1091.20", initial="1240.00"),
    goal_expected="把老城区六十条背街小巷的钠灯换成节能灯具，消除暗区，亮灯率保持在百分之九十八以上，用电量比上年下降三成。",
    goal_actual="完成五十四条街巷的灯具更换，其余六条因地下管线迁改推迟到次年；已改造街巷用电量下降34%，夜间照明投诉明显减少。",
    indicators=rows(
        "产出指标|数量指标|完成改造的街巷|≥60.00(条)|54.00(条)|20.00|18.00|六条街巷的燃气管线迁改未完成，已与管线单位约定次年四月前进场",
        "产出指标|数量指标|更换节能灯具|≥2100.00(盏)|2136.00(盏)|15.00|15.00|",
        "产出指标|质量指标|工程验收合格率|=100.00(%)|100.00(%)|10.00|10.00|",
        "产出指标|时效指标|故障路灯修复时间|≤24(小时)|18.00(小时)|5.00|5.00|",
        "效益指标|经济效益指标|改造街巷用电量降幅|≥30.00(%)|34.00(%)|15.00|15.00|",
        "效益指标|社会效益指标|夜间出行照明条件|明显改善|达成指标|15.00|15.00|",
        "满意度指标|服务对象满意度指标|沿线居民满意度|≥85.00(%)|91.30(%)|10.00|10.00|",
    ),
    total_weight="100.00",
    total_score="96.80",
    rating="优",
)
CLINICS = Form(
    title="财政项目支出绩效自评表",
    year="2022",
    project="社区慢性病联合门诊建设",
    department="云岭区卫生健康委员会",
    unit="云岭区社区卫生服务管理中心",
    currency="万元",
    funding=money("562.35", "560.10"),
    goal_expected="在全区十八家社区卫生服务中心设立慢性病联合门诊，由二级医院派出医师定期坐诊，建立高血压、糖尿病患者的连续随访档案，让居民就近复诊、就近取药。"
    "完善双向转诊通道，减少患者往返奔波；对家庭医生团队开展分批培训，使基层随访的规范程度逐年提高。",
    goal_actual="十八家中心全部开设联合门诊，二级医院派出医师坐诊2904人次；新建连续随访档案3.1万份，转诊绿色通道共接收患者1187人。家庭医生团队培训分六批完成，"
    "随访记录抽查合格率比年初提高四个百分点。受场地限制，两家中心的取药窗口于十月才启用，居民在此之前仍需到临近站点取药。",
    indicators=rows(
        "产出指标|数量指标|设立联合门诊的社区卫生服务中心|≥18.00(家)|18.00(家)|5.00|5.00|",
        "产出指标|数量指标|二级医院医师坐诊|≥2800.00(人次)|2904.00(人次)|5.00|5.00|",
        "产出指标|数量指标|新建连续随访档案|≥3.00(万份)|3.10(万份)|5.00|5.00|",
        "产出指标|数量指标|家庭医生团队培训批次|=6(批)|6.00(批)|5.00|5.00|",
        "产出指标|质量指标|随访记录抽查合格率|≥92.00(%)|95.20(%)|6.00|6.00|",
        "产出指标|质量指标|高血压患者规范管理率|≥75.00(%)|78.60(%)|6.00|6.00|",
        "产出指标|质量指标|糖尿病患者规范管理率|≥75.00(%)|77.10(%)|6.00|6.00|",
        "产出指标|质量指标|转诊信息登记完整率（含上转和下转两个方向的登记）|≥98.00(%)|99.30(%)|6.00|6.00|",
        "产出指标|时效指标|取药窗口启用|六月底前|十月启用|6.00|4.50|两家中心场地改造延期，十月已启用，今后先落实场地再下达计划",
        "效益指标|社会效益指标|居民就近复诊人次|≥50000.00(人次)|53210.00(人次)|15.00|15.00|",
        "效益指标|可持续影响指标|联合门诊协作机制|完善|达成指标|15.00|15.00|",
        "满意度指标|服务对象满意度指标|就诊居民满意度|≥88.00(%)|93.70(%)|10.00|10.00|",
    ),
    total_weight="100.00",
    total_score="98.46",
    rating="优",
)
OVERSPENT = Form(
    title="财政项目支出绩效自评表",
    year="2023",
    project="冬春季道路除雪保障",
    department="北原县交通运输局",
    unit="北原县公路养护中心",
    currency="万元",
    funding=money("154.40", "158.40"),
    goal_expected="备足除雪机械和环保融雪剂，降雪停止后八小时内恢复县乡道路双向通行，保障学生上学和农产品外运。",
    goal_actual="全季降雪11场，县乡道路均在停雪后八小时内恢复通行。一月份连续暴雪，临时租用机械增加支出。",
    indicators=rows(
        "产出指标|数量指标|除雪养护里程|≥860.00(公里)|874.00(公里)|20.00|20.00|",
        "产出指标|数量指标|储备环保融雪剂|≥600.00(吨)|640.00(吨)|10.00|10.00|",
        "产出指标|质量指标|融雪剂抽检合格率|=100.00(%)|100.00(%)|10.00|10.00|",
        "产出指标|时效指标|停雪后恢复通行时间|≤8.00(小时)|6.50(小时)|20.00|20.00|",
        "效益指标|社会效益指标|校车停运天数|≤3(天)|2.00(天)|20.00|20.00|",
        "满意度指标|服务对象满意度指标|沿线群众满意度|≥85.00(%)|90.00(%)|10.00|10.00|",
    ),
    total_weight="100.00",
    total_score="100.00",
    rating="优",
    violates=("rate_over_100",),
)
TEA = Form(
    title="2022年度项目支出绩效自评表",
    year="2022",
    project="高山茶园绿色防控示范",
    department="澜湾县农业农村局",
    unit="澜湾县茶叶技术推广站",
    currency="元",
    funding=(
        FundingLine("年度资金总额", "420,000.00", "465,000.00", "465,000.00", "10", "100%", "10"),
        FundingLine("其中：当年财政拨款", "420,000.00", "420,000.00", "420,000.00", "—", "100%", "—"),
        FundingLine("上年结转资金", "", "45,000.00", "45,000.00", "—", "100%", "—"),
        FundingLine("其他资金", "", "", "", "—", "", "—"),
    ),
    goal_expected="建立两个绿色防控示范茶园，推广诱虫灯和色板，减少化学农药用量，带动周边茶农增收。",
    goal_actual="两个示范茶园共1260亩建成并挂牌，农药用量比非示范区低四成，周边茶农鲜叶售价每公斤提高三元左右。",
    indicators=(
        Indicator("产出指标", "数量指标", "示范茶园面积", "1200", "1260", "15", "15", "", "≥", "亩"),
        Indicator("产出指标", "数量指标", "布设诱虫灯", "160", "160", "10", "10", "", "═", "盏"),
        Indicator("产出指标", "质量指标", "茶叶农残抽检合格率", "98", "99.2%", "15", "15", "", "≧", "%"),
        Indicator("产出指标", "时效指标", "示范园建成时间", "2022年9月", "2022年8月", "10", "10", "", "≤", "月"),
        Indicator("效益指标", "经济效益指标", "鲜叶售价提高", "2", "3", "15", "15", "", "≥", "元/公斤"),
        Indicator("效益指标", "生态效益指标", "化学农药用量降幅", "35", "40%", "15", "15", "", "≥", "%"),
        Indicator("满意度指标", "服务对象满意度指标", "茶农满意度", "90", "95%", "10", "10", "", "≥", "%"),
    ),
    total_weight="100",
    total_score="100",
    rating="优",
)
GOATS = Form(
    title="石桥乡肉羊养殖奖补项目绩效目标自评表",
    year="2021",
    project="石桥乡肉羊养殖奖补项目",
    department="白塘县乡村振兴局",
    unit="石桥乡人民政府",
    currency="万元",
    funding=(
        FundingLine("年度资金总额：", None, "38.5", "36.96", "10", "96%", "9.6"),
        FundingLine("其中：本年财政拨款", None, "38.5", "36.96", "", "", ""),
        FundingLine("其他资金", None, "", "", "", "", ""),
    ),
    goal_expected="对77户养羊农户给予奖补，户均不低于4500元，稳定养殖规模，增加脱贫户收入。",
    goal_actual="实际奖补74户，三户因外出务工自愿退出；奖补资金通过一卡通发放到户。",
    indicators=(
        Indicator(
            "产出指标（50分）",
            "数量指标",
            "★奖补养殖户数",
            "≥77户",
            "74户",
            "20",
            "19.2",
            "三户外出务工退出，下年度申报前先核实",
        ),
        Indicator("产出指标（50分）", "数量指标", "新增存栏肉羊", "1100只", "1180只", "10", "10", ""),
        Indicator("产出指标（50分）", "质量指标", "奖补对象审核准确率", "100%", "100%", "10", "10", ""),
        Indicator("产出指标（50分）", "时效指标", "奖补资金发放完成时间", "11月底前", "10月", "10", "10", ""),
        Indicator("效益指标（30分）", "经济效益指标", "户均增收", "≥4500元", "4860元", "15", "15", ""),
        Indicator("效益指标（30分）", "可持续影响指标", "养殖技术掌握程度", "有所提升", "有所提升", "15", "15", ""),
        Indicator("满意度指标（10分）", "服务对象满意度指标", "受益农户满意度", "95%以上", "97%", "10", "10", ""),
    ),
    total_weight="100",
    total_score="98.8",
)
PROSE = (
    "本年度，白塘县把农村供水保障列为重点工作。全县共有集中供水工程四十六处，服务人口二十三万人。年内更换老旧管网六十公里，新增水质检测点十二个，末梢水合格率继续提高。",
    "资金使用方面，各乡镇按月报送支付进度，县财政局按季度通报。对进度偏慢的两个乡镇，约谈了负责人，并将结余资金调整到管网漏损较重的区域。",
    "下一步，将完善水费收缴办法，推动供水单位独立核算，并继续公开水质检测结果，接受群众监督。下表列出各乡镇的供水情况，数据截至年底。",
)
TOWNS = Table(
    tuple(
        tuple(C(text, is_label=number == 0) for text in row.split())
        for number, row in enumerate(
            (
                "乡镇 供水工程数 服务人口（万人） 末梢水合格率",
                "石桥乡 9 4.10 98.2%",
                "河口镇 14 7.35 97.6%",
                "青冈镇 12 6.80 99.0%",
                "双槐乡 11 4.75 96.9%",
                "合计 46 23.00 97.9%",
            )
        )
    ),
    (1.0, 1.0, 1.0, 1.0),
)


def documents() -> tuple[Document, ...]:
    """Return the sample documents with their forms."""

    def made(name: str, style: Style, parts: list[tuple[Block, ...]], *forms: Form) -> Document:
        return Document(name, tuple(b for part in parts for b in part), style, tuple(form.truth() for form in forms))

    report: tuple[Block, ...] = (
        Line("白塘县农村供水工作年度总结", 16, "center", is_bold=True, space_after=10),
        *(Prose(text) for text in PROSE),
        TOWNS,
    )
    forms = [blocks(form, MINISTRY) for form in (WATER, LIBRARY, ROADS)]
    return (
        made("several-forms", Style(page_mark="- {n} -"), forms, WATER, LIBRARY, ROADS),
        made(
            "page-break",
            Style(cut="lines", size=10.5, padding=6, page_mark="第 {n} 页", lines="rectangles"),
            [(Line("附件2", 10.5), Prose("下表为联合门诊项目的自评结果。")), blocks(CLINICS, NARROW)],
            CLINICS,
        ),
        made("over-budget", Style(lines="cells"), [blocks(OVERSPENT, MINISTRY)], OVERSPENT),
        made("no-form", Style(), [report]),
        made("operator-columns", Style(is_landscape=True, cut="lines"), [blocks(TEA, OPERATOR_COLUMNS)], TEA),
        made("weight-first", Style(lines="hairline"), [report, (PageBreak(),), blocks(GOATS, WEIGHT_FIRST)], GOATS),
    )


def main() -> None:
    """Write the PDFs and their truth beside this file."""
    (HERE / "truth").mkdir(exist_ok=True)
    for document in documents():
        pdf = render(document)
        (HERE / f"{document.name}.pdf").write_bytes(pdf)
        text = json.dumps(document.truth, ensure_ascii=False, indent=1)
        (HERE / "truth" / f"{document.name}.json").write_text(text + "\n", encoding="utf-8")
        sys.stdout.write(f"{document.name}.pdf: {len(pdf)} bytes, {len(document.truth)} forms\n")


if __name__ == "__main__":
    main()
