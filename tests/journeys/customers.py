"""Who writes to the desk in the journeys, and about what: their Chinese stays on English pages, as the demo's does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """A customer and their request."""

    name: str
    mail: str
    title: str

    @property
    def sender(self) -> str:
        """As a mail's From says it."""
        return f"{self.name} <{self.mail}>"


PROJECTOR = Request("林小梅", "linxiaomei@huaxin.example", "会议室投影仪无法开机")
PIPE = Request("何婷", "heting@example.com", "厨房水管漏水")
PIPE_WITHOUT_SCRIPT = Request("何婷", "heting@example.com", "厨房水管漏水（二号楼）")
DOOR = Request("马超", "machao@huaxin.example", "门禁卡刷不开三号门")
CLOCK = Request("罗兰", "luolan@huaxin.example", "考勤机时间慢了十分钟")
PARKING = Request("guest", "guest@huaxin.example", "来电：申请访客停车位")
WASHER = Request("袁红", "yuanhong@example.com", "洗衣机不脱水，请派人上门")
PARCEL = Request("秦岚", "qinlan@example.com", "快递员态度恶劣还少送一件")
NETWORK = Request("邓超群", "dengchaoqun@huaxin.example", "三楼整层断网，无法办公")
LAPTOPS = Request("沈悦", "shenyue@huaxin.example", "申请采购六台笔记本电脑")
DISPLAYS = Request("顾晓", "guxiao@huaxin.example", "申请采购两台显示器")
KETTLE = Request("唐雨", "tangyu@example.com", "电热水壶漏水，申请退款")
COOLING = Request("周敏", "zhoumin@example.com", "空调不制冷")
BEAM = Request("吴刚", "wugang@example.com", "会议室投影灯泡不亮")

# what the implementer writes in the designer
WHY_MOVED = "新流程须验收"
OPINION = "审批意见"

DRIPS = "厨房水槽下面一直滴水，接了一个盆，大约两小时就满了。\n白天家里都有人，来之前请打电话。"
PRAISE = "来得很快，也讲解得很清楚，谢谢！"

ALL = (
    PROJECTOR,
    PIPE,
    PIPE_WITHOUT_SCRIPT,
    DOOR,
    CLOCK,
    PARKING,
    WASHER,
    PARCEL,
    NETWORK,
    LAPTOPS,
    DISPLAYS,
    KETTLE,
    COOLING,
    BEAM,
)
