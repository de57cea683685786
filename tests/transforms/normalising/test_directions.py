from __future__ import annotations

import polars as pl
import pytest

from transforms.normalising.directions import head_noun

DOWN = (
    "城镇登记失业率 管网漏损率 PM10年均浓度 项目工期 项目总成本 系统故障次数 "
    "安全事故起数 群众投诉件数 重大疾病新发人数 预算偏差率 义务教育辍学率 药品抽检不合格率 "
    "未完成率 违规发放人数 二氧化硫排放量 化肥使用量 平均响应时间 投诉处理时长 "
    "医疗纠纷发生率 投诉次数增长率 误差率 返贫率 火灾起数 死亡人数 漏洞数量 资产负债率 "
    "平均办结天数 单位GDP能耗 "
)
UP = (
    "事故应急演练次数 死亡病例报告率 投诉处理率 事故调查处理率 故障修复率 信访积案化解率 "
    "违法案件查处率 投诉处理满意度 信访接待日活动次数 违规行为检查次数 投诉处理人员培训人数 "
    "成本降低率 成本核算准确率 节约资金 采购成本控制达标率 纪录片时长 完成数量 "
    "高标准农田建设面积 事故起数下降率 隐患整改率 失业人员再就业人数 贫困人口脱贫数 "
    "不合格产品处置率 火灾隐患整改率 污水处理率 服务对象满意度 危房改造户数 "
)
OPEN = "税负率 死亡抚恤金标准 冬季室内供暖温度 三产占比 成本控制率 其他 库存数量 患者数量 公务车辆数量 孤儿救助标准"


@pytest.mark.parametrize(
    ("name", "way"),
    [(name, way) for names, way in ((DOWN, "down"), (UP, "up"), (OPEN, None)) for name in names.split()],
)
def test_head_noun_tells_which_way_is_better(name: str, way: str | None) -> None:
    assert pl.DataFrame({"n": [name]}).select(head_noun(pl.col("n"))).item() == way


def test_head_noun_leaves_out_remarks_and_marks() -> None:
    names = pl.DataFrame({"n": ["★培训人次（人次）", "指标1：系统故障次数≤", "细颗粒物（PM2.5）平均浓度", ""]})
    assert names.select(head_noun(pl.col("n"))).to_series().to_list() == ["up", None, "down", None]
