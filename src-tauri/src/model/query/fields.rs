//! The fields, and the words that stand for them and for their values. The first two of each are proposed: in English
//! what is short to type, in Chinese what the page shows. Whatever the page calls a value is one of its words, in both
//! languages (`labels.json`, which a test of the page keeps true).

use super::{
    super::{history::RunOrigin, run::RunStatus},
    Has, Place,
};

/// What stands before a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    App,
    Status,
    Origin,
    After,
    Before,
    On,
    File,
    Tag,
    Tokens,
    Duration,
    Is,
    Has,
    In,
}

type Words<T> = &'static [(T, &'static [&'static str])];

/// English first, then Chinese.
pub const FIELDS: Words<Field> = &[
    (Field::App, &["app", "应用", "应用程序", "apps"]),
    (Field::Status, &["status", "状态", "state"]),
    (Field::Origin, &["origin", "来源", "source"]),
    (Field::After, &["after", "之后", "since", "晚于", "起始", "从"]),
    (Field::Before, &["before", "之前", "until", "早于", "截止"]),
    (Field::On, &["on", "日期", "date", "day", "时间"]),
    (Field::File, &["file", "文件", "文件名", "files", "filename"]),
    (Field::Tag, &["tag", "标签", "tags", "label"]),
    (Field::Tokens, &["tokens", "token", "令牌", "词元"]),
    (Field::Duration, &["duration", "用时", "took", "time", "耗时", "时长"]),
    (Field::Is, &["is", "是"]),
    (Field::Has, &["has", "有", "含", "含有"]),
    (Field::In, &["in", "在", "位于"]),
];

pub const STATUSES: Words<&[RunStatus]> = &[
    (
        &[RunStatus::Succeeded],
        &["succeeded", "成功", "success", "successful", "ok", "done", "已成功", "完成", "已完成"],
    ),
    (&[RunStatus::PartlySucceeded], &["partly", "部分成功", "partly_succeeded", "partial", "部分"]),
    (&[RunStatus::Failed], &["failed", "失败", "error", "fail", "已失败", "出错"]),
    (&[RunStatus::Stopped], &["stopped", "已停止", "停止", "cancelled", "canceled", "已取消"]),
    (&[RunStatus::Unknown], &["unknown", "结果未知", "end_unknown", "未知", "不明"]),
    (
        &[
            RunStatus::Preparing,
            RunStatus::Uploading,
            RunStatus::Starting,
            RunStatus::Running,
            RunStatus::Stopping,
            RunStatus::OutOfContact,
            RunStatus::Waiting,
            RunStatus::Paused,
        ],
        &["underway", "进行中", "under_way", "active", "live", "unfinished", "未完成"],
    ),
    (&[RunStatus::Running], &["running", "运行中", "正在运行"]),
    // Whoever they wait for.
    (&[RunStatus::Waiting, RunStatus::Paused], &["waiting", "等待"]),
    (&[RunStatus::Waiting], &["waiting_for_you", "等待您处理", "等待处理"]),
    (&[RunStatus::Paused], &["paused", "等待中", "已暂停", "暂停"]),
    (&[RunStatus::Preparing], &["preparing", "准备中", "正在准备"]),
    (&[RunStatus::Uploading], &["uploading", "上传中", "正在上传"]),
    (&[RunStatus::Starting], &["starting", "正在启动", "启动中"]),
    (&[RunStatus::Stopping], &["stopping", "正在停止", "停止中"]),
    (
        &[RunStatus::OutOfContact],
        &["out_of_contact", "正在重新连接", "reconnecting", "lost", "outofcontact", "已断开", "失联", "重新连接"],
    ),
];

pub const ORIGINS: Words<RunOrigin> = &[
    (RunOrigin::Here, &["here", "本机", "on_this_computer", "this_computer", "computer", "本地"]),
    (RunOrigin::Server, &["server", "来自服务器", "from_the_server", "服务器"]),
    (RunOrigin::WebApp, &["web", "来自网页", "from_the_web_page", "webapp", "web_app", "网页", "网页应用"]),
    (RunOrigin::Other, &["other", "其他用户", "of_another_user", "others", "another", "其他"]),
    (RunOrigin::File, &["file", "来自文件", "from_a_file", "imported", "文件", "导入"]),
];

/// What `is:` asks for, besides statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    Starred(bool),
    Reviewed(bool),
}

pub const IS: Words<Is> = &[
    (Is::Starred(true), &["starred", "星标", "star", "已加星标", "加星标", "收藏"]),
    (Is::Starred(false), &["unstarred", "无星标", "not_starred", "未加星标", "未收藏"]),
    (Is::Reviewed(true), &["reviewed", "已核对", "已审阅", "已复核", "审阅", "已查看"]),
    (Is::Reviewed(false), &["unreviewed", "未核对", "not_reviewed", "未审阅", "未复核", "待审阅", "未查看"]),
];

pub const HAS: Words<Has> = &[
    (Has::Note, &["note", "备注", "notes", "笔记"]),
    (Has::Tag, &["tag", "标签", "tags"]),
    (Has::File, &["file", "文件", "files"]),
    (Has::Error, &["error", "错误", "errors"]),
    (Has::Name, &["name", "名称", "名字"]),
];

pub const PLACES: Words<Place> = &[
    (Place::Input, &["input", "输入", "inputs"]),
    (Place::Output, &["output", "结果", "outputs", "text", "result", "输出", "文本"]),
    (Place::Step, &["step", "步骤", "steps", "node", "节点"]),
    (Place::Error, &["error", "错误", "errors"]),
    (Place::Note, &["note", "备注", "notes", "笔记"]),
    (Place::File, &["file", "文件", "files", "文件名", "name_of_a_file", "result_file", "结果文件"]),
    (Place::Title, &["title", "标题", "name", "名称"]),
    (Place::Tag, &["tag", "标签", "tags"]),
];

/// What a word stands for.
pub fn meant<T: Copy>(words: Words<T>, word: &str) -> Option<T> {
    words.iter().find(|(_, all)| all.contains(&word)).map(|(what, _)| *what)
}
