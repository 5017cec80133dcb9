// The form editor speaks English only: its palette and panel are said in Chinese as they appear. What people have
// written (labels, options) stands in fields and in the form itself, which are left alone.
import { language } from "./texts.js";

const WORDS = {
  Components: "组件", "Search components": "查找组件", Input: "输入", Selection: "选择", Presentation: "展示", Containers: "容器", Action: "动作", "No components found.": "没有匹配的组件",
  "Text field": "单行文本", "Text area": "多行文本", Number: "数字", "Date time": "日期时间", Expression: "表达式", "File picker": "文件上传", Checkbox: "复选框", "Checkbox group": "复选框组", "Radio group": "单选组", Select: "下拉选择", "Tag list": "标签列表",
  "Text view": "文本", "HTML view": "HTML", "Image view": "图片", Table: "表格", "Document preview": "文档预览", Spacer: "间距", Separator: "分隔线", Group: "分组", "Dynamic list": "动态列表", Iframe: "内嵌页面", iFrame: "内嵌页面", Button: "按钮",
  General: "基本", Condition: "条件", Layout: "布局", Appearance: "外观", Serialization: "存储格式", Constraints: "约束", Validation: "校验", "Custom properties": "自定义属性", "Static options": "固定选项", "Dynamic options": "动态选项", "Options source": "选项来源", "Options expression": "选项表达式", "Security attributes": "安全属性", "Header items": "表头", "Headers source": "表头来源",
  "Field label": "标签", Label: "标签", "Field description": "说明", Key: "字段标识", "Default value": "默认值", Disabled: "禁用", "Read only": "只读", Required: "必填", "Date label": "日期标签", "Time label": "时间标签", Subtype: "类型", "Use 24h": "24 小时制", "Time interval": "时间间隔", "Time format": "时间格式", "Disallow past dates": "不允许过去的日期",
  "Minimum length": "最小长度", "Maximum length": "最大长度", Minimum: "最小值", Maximum: "最大值", "Validation pattern": "校验格式", "Custom regular expression": "自定义正则表达式", "Custom error message": "自定义错误提示", Custom: "自定义", Email: "邮箱", Phone: "电话", "Decimal digits": "小数位数", Increment: "步长", Prefix: "前缀", Suffix: "后缀", "Output as string": "以文本输出",
  Columns: "列宽", "Vertical alignment": "垂直对齐", Auto: "自动", Top: "顶部", Center: "居中", Bottom: "底部", "Show outline": "显示边框", Height: "高度", Path: "路径", Value: "值", Type: "类型", ID: "标识", Text: "文本", URL: "网址", Content: "内容", "Image source": "图片地址", "Alternative text": "替代文字", "Supported file formats": "支持的文件格式", "Upload multiple files": "允许多个文件", Searchable: "可搜索", Checked: "勾选", "Not checked": "未勾选",
  "Allow add/delete items": "允许增删条目", "Default number of items": "默认条数", "Disable collapse": "不折叠", "Number of non-collapsing items": "不折叠的条数", Pagination: "分页", "Number of rows per page": "每页行数", "Data source": "数据来源", "List of items": "条目列表", "Input values key": "选项变量", "Compute on": "计算时机", "Value changes": "值变化时", "Form submission": "提交时", "Target value": "目标值", "Version tag": "版本标签", "Deactivate if": "禁用条件", "Hide if": "隐藏条件", "Add item": "添加", "Add column": "添加列", Submit: "提交", Reset: "重置",
  "Allows arbitrary precision values": "支持任意精度", "Column 1": "第 1 列", "Column 2": "第 2 列", "Column 3": "第 3 列", Column: "列", "Define an expression to calculate the value of this field": "用表达式计算该字段的值", "Define an expression to populate the options from.": "用表达式给出选项。", "Define which input property to populate the values from": "选项取自哪个变量", "Descriptive text for screen reader accessibility.": "供读屏软件朗读的说明。", "Document reference": "文档引用",
  "Expression or static value (link/data URI)": "表达式或固定值（链接或 data URI）", "Height of the container in pixels.": "容器高度（像素）。", "Link referring to a hosted image, or use a data URI directly to embed image data into the form.": "图片的链接，或用 data URI 直接嵌入图片。", "Max height of preview container": "预览区最大高度", "Specify an expression to populate column items": "用表达式给出各列", "Specify the source from which to populate the table": "表格数据的来源", "The error message to display when the input does not match the regular expression.": "输入不符合正则表达式时显示的提示。", "Where the child variables of this component are pathed to.": "其中字段的变量所在的路径。",
  "Condition under which the field is hidden": "满足该条件时隐藏此字段", "Condition under which the button is deactivated": "满足该条件时按钮不可用", "Unparsable FEEL expression.": "FEEL 表达式无法解析。", "FEEL expression is mandatory": "必须是 FEEL 表达式", "Toggle section": "展开或收起", "Section contains edits": "已有内容", "Section contains an error": "有错误", "Open pop-up editor": "在大窗口中编辑", "Create new list item": "新增一项", "Delete item": "删除该项", "Create": "新增",
  "A number is required.": "必须填写数字。", "Must be a variable or a dot separated path.": "必须是变量名，或用点分隔的路径。", "Must be number": "必须是数字", "Must be unique.": "不能重复。", "Must not be empty": "不能为空", "Must not be empty.": "不能为空。", "Must not contain spaces.": "不能含空格。", "Should be a valid number": "须为有效数字", "Should be a valid number.": "须为有效数字。", "Should be an integer.": "须为整数。", "Should be greater than or equal to zero.": "不能小于零。", "Should be greater than zero.": "须大于零。", "Value must be a number.": "须为数字。", "Must not cause two binding paths to collide": "路径不能与其他字段冲突", "Must not contain numerical path segments.": "路径中不能有纯数字。", "Must not be a prohibited path.": "不能用此路径。", "For security reasons the URL must start with \"https\".": "出于安全原因，网址必须以 https 开头。", "The document data source is required.": "必须给出文档来源。",
  "Remove form field": "删除字段", "Group label": "分组标签", "Table label": "表格标签",
  "Binds to a form variable": "对应表单变量", "Select a form field to edit its properties.": "选择字段以编辑属性。", "Multiple form fields are selected. Select a single form field to edit its properties.": "已选择多个字段，请选择单个字段。", "Drag and drop components here to start designing.": "将组件拖到这里开始设计。", "Build your form": "设计表单", "No elements.": "没有元素。", FORM: "表单",
};
const TYPES = { textfield: "Text field", textarea: "Text area", number: "Number", datetime: "Date time", expression: "Expression", filepicker: "File picker", checkbox: "Checkbox", checklist: "Checkbox group", radio: "Radio group", select: "Select", taglist: "Tag list", text: "Text view", html: "HTML view", image: "Image view", table: "Table", documentPreview: "Document preview", spacer: "Spacer", separator: "Separator", group: "Group", dynamiclist: "Dynamic list", iframe: "Iframe", button: "Button" };
const PLACES = ".fjs-palette-container, .fjs-properties-container, .fjs-empty-editor, .fjs-context-pad";

// What the palette calls a kind of field.
export function fieldWords(type) {
  const english = TYPES[type] ?? type;
  return language() === "zh" ? (WORDS[english] ?? english) : english;
}

function say(root) {
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const said = WORDS[node.data.trim()];
    if (said !== undefined && node.parentElement.closest(PLACES) && !node.parentElement.closest("input, textarea, [contenteditable], .fjs-form")) node.data = said;
  }
  for (const name of ["placeholder", "title", "aria-label"]) for (const one of root.querySelectorAll(`[${name}]`)) sayAttribute(one, name);
}

function sayAttribute(element, name) {
  const english = element.getAttribute(name) ?? "";
  const said = WORDS[english] ?? (english.startsWith("Remove ") ? "删除字段" : undefined);
  if (said !== undefined && element.closest(PLACES)) element.setAttribute(name, said);
}

export function sayInChinese(root) {
  say(root);
  const observer = new MutationObserver((changes) => {
    for (const { type, target, attributeName, addedNodes } of changes) {
      if (type === "characterData") { if (target.parentElement) say(target.parentElement); continue; }
      if (type === "attributes") { sayAttribute(target, attributeName); continue; }
      for (const node of addedNodes) {
        if (node.nodeType === Node.ELEMENT_NODE) say(node);
        else if (node.nodeType === Node.TEXT_NODE && node.parentElement) say(node.parentElement);
      }
    }
  });
  observer.observe(root, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["placeholder", "title", "aria-label"] });
  return () => observer.disconnect();
}
