/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a refused caller is told in Chinese, the language that counts: title,
 * why, and what to do instead.  Used by ngx_court_reason.c only; a code without
 * its text here does not compile.
 *
 * not_delegated never says how the principal stands; no_relation is the same
 * for cases that are absent, unrelated or sealed.
 */


#ifndef _NGX_COURT_REASON_ZH_H_INCLUDED_
#define _NGX_COURT_REASON_ZH_H_INCLUDED_


#define NGX_COURT_ZH_PATH_NOT_CANONICAL                                       \
    NGX_COURT_TEXT("请求地址不规范",                                   \
        "请求地址含有不允许的写法，例如重复的斜杠、"     \
        "“..”、分号或者不规范的编码。网关不代为更正"   \
        "，也未将请求转交法院服务。",                            \
        "请从人民法院律师服务平台的页面重新进入。使"     \
        "用自建系统的，请按接口规范书写地址后再次提"     \
        "交。")

#define NGX_COURT_ZH_CREDENTIALS_AMBIGUOUS                                    \
    NGX_COURT_TEXT("身份凭证重复",                                      \
        "同一请求中出现了两个以上的身份凭证，网关无"     \
        "法确定以哪一个为准，因此未予受理。",                \
        "请退出登录后重新登录，仅使用一种方式提交身"     \
        "份凭证，然后重试。")

#define NGX_COURT_ZH_REQUEST_MALFORMED                                        \
    NGX_COURT_TEXT("请求格式有误",                                      \
        "请求的内容或者格式不符合接口规范，网关无法"     \
        "处理。",                                                          \
        "请检查填写的内容后重新提交。反复出现的，请"     \
        "将本页的请求编号告知平台技术支持。")

#define NGX_COURT_ZH_TOKEN_MISSING                                            \
    NGX_COURT_TEXT("尚未登录",                                            \
        "本事项须先核验身份，而请求中没有身份凭证。",    \
        "请在人民法院律师服务平台登录并完成身份核验"     \
        "后再办理。无法登录的，可到就近法院诉讼服务"     \
        "中心申请线下核验。")

#define NGX_COURT_ZH_TOKEN_INVALID                                            \
    NGX_COURT_TEXT("身份凭证无效",                                      \
        "所提交的身份凭证无法通过验证，网关未据此认"     \
        "定您的身份。这不涉及您的执业资格。",                \
        "请退出后重新登录，取得新的身份凭证。仍不成"     \
        "功的，可到就近法院诉讼服务中心申请线下核验"     \
        "，或者通过平台“意见反馈”说明情况。")

#define NGX_COURT_ZH_TOKEN_EXPIRED                                            \
    NGX_COURT_TEXT("登录已过期",                                         \
        "您的身份凭证已超过有效期。这不涉及您的执业"     \
        "资格。",                                                          \
        "请重新登录后继续办理。")

#define NGX_COURT_ZH_TOKEN_REVOKED                                            \
    NGX_COURT_TEXT("身份凭证已停用",                                   \
        "所提交的身份凭证已被停用，不能继续使用。",       \
        "请重新登录。如非本人操作或者仍不能登录，请"     \
        "联系平台客服，也可通过平台“意见反馈”或“"     \
        "投诉”提出。")

#define NGX_COURT_ZH_BINDING_INVALID                                          \
    NGX_COURT_TEXT("身份凭证与使用环境不符",                       \
        "身份凭证只能在取得它的设备或者应用上使用，"     \
        "本次请求未能证明这一点。",                               \
        "请在原设备、原应用上操作；更换设备的，请在"     \
        "新设备上重新登录。")

#define NGX_COURT_ZH_SIGNATURE_MISSING                                        \
    NGX_COURT_TEXT("缺少请求签名",                                      \
        "本接口要求对请求签名，而请求中没有签名。",       \
        "请由应用的开发或者运维单位按接口规范加签后"     \
        "重新提交。个人用户请改用平台的正式应用。")

#define NGX_COURT_ZH_SIGNATURE_INVALID                                        \
    NGX_COURT_TEXT("请求签名无效",                                      \
        "请求的签名未通过验证，内容可能在传输中被改"     \
        "动，或者签名密钥、签名范围不符合要求。",          \
        "请由应用的开发或者运维单位核对签名密钥和签"     \
        "名范围后重新提交。个人用户请更新正式应用后"     \
        "重试。")

#define NGX_COURT_ZH_SIGNATURE_STALE                                          \
    NGX_COURT_TEXT("请求签名已过时",                                   \
        "签名的时间超出允许的范围，网关不能确认这是"     \
        "一次新的请求。",                                              \
        "请校准设备时间后重新提交。仍不成功的，请由"     \
        "应用的运维单位核对系统时钟。")

#define NGX_COURT_ZH_REPLAYED                                                 \
    NGX_COURT_TEXT("请求已被使用",                                      \
        "该凭证、二维码或者签名只能使用一次，且已经"     \
        "使用过。为防止冒用，网关未再次受理。",             \
        "请重新生成二维码或者重新发起操作。如您此前"     \
        "并未使用，请立即修改密码，并通过平台“投诉"     \
        "”告知。")

#define NGX_COURT_ZH_REAUTHENTICATION_REQUIRED                                \
    NGX_COURT_TEXT("需要再次核验本人",                                \
        "按照在线诉讼的要求，办理本事项须由本人在近"     \
        "期内完成人脸、律证码或者芯片证件核验，密码"     \
        "登录不能代替。",                                              \
        "请按提示再次核验，完成后继续办理。无法完成"     \
        "的，可到法院诉讼服务中心由工作人员当面核验"     \
        "。")

#define NGX_COURT_ZH_ASSURANCE_TOO_LOW                                        \
    NGX_COURT_TEXT("身份核验强度不足",                                \
        "本事项要求更高等级的身份核验，您目前的登录"     \
        "方式未达到要求。",                                           \
        "请改用人脸、律证码或者芯片证件登录后再办理"     \
        "。无法完成的，可到法院诉讼服务中心申请线下"     \
        "核验。")

#define NGX_COURT_ZH_EARLY_DATA                                               \
    NGX_COURT_TEXT("请稍候重新提交",                                   \
        "请求在安全连接建立完成之前到达，为防止被重"     \
        "复提交，网关未予受理。",                                  \
        "请重新提交。通常由应用自动完成，无须您另行"     \
        "操作。")

#define NGX_COURT_ZH_NO_RULE                                                  \
    NGX_COURT_TEXT("未开放的事项",                                      \
        "法院未开放您所请求的事项，或者请求的地址有"     \
        "误。",                                                             \
        "请从平台的页面进入需要办理的事项，或者拨打"     \
        "12368诉讼服务热线咨询。")

#define NGX_COURT_ZH_FORBIDDEN                                                \
    NGX_COURT_TEXT("不能办理本事项",                                   \
        "按照现行规则，您目前不符合办理本事项的条件"     \
        "。",                                                                \
        "请核对办理身份、案件和所选事项。如对处理结"     \
        "果有异议，可通过平台“意见反馈”或“投诉”"     \
        "提出。也可拨打12368诉讼服务热线咨询。")

#define NGX_COURT_ZH_ROLE_FORBIDDEN                                           \
    NGX_COURT_TEXT("当前身份不能办理",                                \
        "您此次登录所用的身份不能办理本事项。同一人"     \
        "可以有多种身份，但一次只能以一种身份办理。",    \
        "请切换到适合本事项的身份后重新办理；律师助"     \
        "理请由所协助的律师本人办理。如认为有误，可"     \
        "通过平台“意见反馈”提出。")

#define NGX_COURT_ZH_ROLE_UNKNOWN                                             \
    NGX_COURT_TEXT("无法识别办理身份",                                \
        "身份凭证中没有网关能够识别的办理身份。",          \
        "请退出后重新登录，并选择办理身份。反复出现"     \
        "的，请将请求编号告知平台技术支持。")

#define NGX_COURT_ZH_PRACTICE_NOT_ACTIVE                                      \
    NGX_COURT_TEXT("执业状态不是正常",                                \
        "国家律师身份核验结果显示，您目前的执业状态"     \
        "不是“正常”，因此不能以律师身份办理本事项"     \
        "。纸质执业证不能代替实时核验结果。",                \
        "请向执业机构所在地的司法行政机关核实；状态"     \
        "更正后即可办理。本人仍可以当事人等其他身份"     \
        "参加诉讼，也可到法院诉讼服务窗口当面说明情"     \
        "况。意见反馈和投诉不受执业状态影响。")

#define NGX_COURT_ZH_IDENTITY_NOT_FOUND                                       \
    NGX_COURT_TEXT("未查到律师身份信息",                             \
        "国家律师身份核验平台明确答复没有您的身份记"     \
        "录。",                                                             \
        "请核对登录时填写的姓名、证件号码和执业证号"     \
        "。信息无误的，请向执业机构所在地的司法行政"     \
        "机关核实，或者携带执业证和身份证件到法院诉"     \
        "讼服务窗口申请线下核验。意见反馈和投诉不受"     \
        "影响。")

#define NGX_COURT_ZH_LINK_NOT_ACTIVE                                          \
    NGX_COURT_TEXT("助理关系未生效",                                   \
        "您与所协助律师的助理关系未经律师和执业机构"     \
        "双方确认、不在有效期内或者已经解除。",             \
        "请由所协助的律师在平台“助理管理”中添加或"     \
        "者确认，并由执业机构审核；生效后即可办理。"     \
        "如认为有误，可通过平台“意见反馈”提出。")

#define NGX_COURT_ZH_TOO_MANY_LINKS                                           \
    NGX_COURT_TEXT("助理人数超过上限",                                \
        "每名律师同时有效的助理不得超过三名，所涉助"     \
        "理关系超过上限，暂不能使用。",                         \
        "请由律师在平台“助理管理”中解除不再需要的"     \
        "助理关系后重试。")

#define NGX_COURT_ZH_NOT_DELEGATED                                            \
    NGX_COURT_TEXT("本事项不在授权范围内",                          \
        "您作为律师助理，本次操作不在目前可以使用的"     \
        "授权范围内。",                                                 \
        "请与所协助的律师核对本案的授权事项，由律师"     \
        "在平台“助理授权”中处理，或者由律师本人办"     \
        "理。如有疑问，可通过平台“意见反馈”提出。")

#define NGX_COURT_ZH_NO_RELATION                                              \
    NGX_COURT_TEXT("未查到可据以办理的案件关系",                 \
        "法院未查到您与所请求案件之间可据以办理本事"     \
        "项的关系。案件不存在、与您无关以及依法不公"     \
        "开的，答复相同。",                                           \
        "请核对法院和案号。已提交委托手续的，请联系"     \
        "承办法官或者书记员确认登记，或者拨打12368诉讼"   \
        "服务热线。如对处理结果有异议，可通过平台“"     \
        "意见反馈”或“投诉”提出。")

#define NGX_COURT_ZH_OWN_UNIT_ONLY                                            \
    NGX_COURT_TEXT("仅限办理本单位事务",                             \
        "公职律师、公司律师只能办理所在单位的法律事"     \
        "务，法院登记的委托人不是您的所在单位。",          \
        "请核对案件和委托人；确为本单位事务的，请联"     \
        "系承办法官或者书记员更正登记。如认为有误，"     \
        "可通过平台“意见反馈”提出。")

#define NGX_COURT_ZH_SPECIAL_AUTHORITY_REQUIRED                               \
    NGX_COURT_TEXT("需要特别授权",                                      \
        "办理本事项须有委托人的特别授权，法院登记的"     \
        "授权中没有该项。",                                           \
        "请由委托人出具特别授权委托书并提交法院登记"     \
        "；已经提交的，请联系承办法官或者书记员确认"     \
        "。")

#define NGX_COURT_ZH_COURT_SCOPE                                              \
    NGX_COURT_TEXT("不在本法院办理范围内",                          \
        "您的权限不包括所请求的法院。",                         \
        "请核对所选法院；需要办理其他法院事务的，请"     \
        "由该法院或者上级法院开通权限。")

#define NGX_COURT_ZH_OUTSIDE_WINDOW                                           \
    NGX_COURT_TEXT("不在办理时间内",                                   \
        "法院为本事项设定了办理时间，目前不在该时间"     \
        "内。",                                                             \
        "请在法院通知的时间内办理。确需改期或者延长"     \
        "的，请联系承办法官或者书记员。")

#define NGX_COURT_ZH_CHANNEL_FORBIDDEN                                        \
    NGX_COURT_TEXT("请更换办理渠道",                                   \
        "本事项不能通过当前渠道办理。",                         \
        "请使用人民法院在线服务的正式移动应用办理，"     \
        "或者到法院诉讼服务中心办理。")

#define NGX_COURT_ZH_CLIENT_NOT_REGISTERED                                    \
    NGX_COURT_TEXT("设备或应用未登记",                                \
        "发出请求的设备或者应用未在本法院登记，或者"     \
        "登记已经停用。这不涉及您的身份和执业资格。",    \
        "请由法院的设备管理人员办理登记。正在法院现"     \
        "场的，请到人工窗口核验入院，不必等待设备恢"     \
        "复。")

#define NGX_COURT_ZH_CONFIRMATION_REQUIRED                                    \
    NGX_COURT_TEXT("需要本人确认",                                      \
        "本事项具有法律效力，须由本人对所提交的内容"     \
        "进行确认。没有收到有效的确认，或者确认之后"     \
        "内容有改动、超过了时限。",                               \
        "请核对内容，按提示再次确认后提交。")

#define NGX_COURT_ZH_SECOND_APPROVAL_REQUIRED                                 \
    NGX_COURT_TEXT("需要第二人批准",                                   \
        "本事项须经两人批准，目前尚缺另一人的批准。",    \
        "请联系有权限的另一名人员批准后再操作，本人"     \
        "不能代为批准。")

#define NGX_COURT_ZH_CONSENT_REQUIRED                                         \
    NGX_COURT_TEXT("需要本人同意",                                      \
        "办理本事项须先取得本人对使用个人信息的同意"     \
        "，目前没有有效的同意记录。",                            \
        "请在平台“授权管理”中查看并作出同意后重试"     \
        "；不同意的，可到法院诉讼服务窗口办理。")

#define NGX_COURT_ZH_ORIGIN_FORBIDDEN                                         \
    NGX_COURT_TEXT("请求来源不被允许",                                \
        "请求由其他网站或者未经许可的页面发起，为保"     \
        "护您的账户，网关未予受理。",                            \
        "请关闭其他页面，从人民法院律师服务平台的官"     \
        "方页面重新操作。")

#define NGX_COURT_ZH_UPGRADE_NOT_ALLOWED                                      \
    NGX_COURT_TEXT("不支持的连接方式",                                \
        "本接口不支持所请求的连接方式。",                      \
        "请使用平台的正式应用，或者按接口规范连接。")

#define NGX_COURT_ZH_BODY_TOO_LARGE                                           \
    NGX_COURT_TEXT("提交的内容过大",                                   \
        "提交的文件或者内容超过本事项允许的大小。",       \
        "请压缩或者拆分文件后分次提交；无法拆分的，"     \
        "请联系承办法官或者书记员确定提交方式。")

#define NGX_COURT_ZH_TOO_MANY_REQUESTS                                        \
    NGX_COURT_TEXT("操作过于频繁",                                      \
        "短时间内的请求次数超过限制。这不影响您的身"     \
        "份和权限。",                                                    \
        "请稍候片刻再试。确有批量办理需要的，请通过"     \
        "平台“意见反馈”提出。")

#define NGX_COURT_ZH_INTERNAL_ERROR                                           \
    NGX_COURT_TEXT("系统出现故障",                                      \
        "网关自身发生故障，未能处理您的请求。这不是"     \
        "对您的身份或者权限的认定。",                            \
        "请稍后重试。反复出现的，请将请求编号告知平"     \
        "台技术支持；事项紧急的，请到法院诉讼服务窗"     \
        "口办理。")

#define NGX_COURT_ZH_IDENTITY_UNAVAILABLE                                     \
    NGX_COURT_TEXT("暂时无法核验身份",                                \
        "国家律师身份核验平台暂时没有给出可用的答复"     \
        "，网关未能查明您的身份。这不是对您的身份或"     \
        "者权限的认定。",                                              \
        "请稍后重试。正在法院现场的，请到人工窗口由"     \
        "工作人员线下核验，不必等待系统恢复。")

#define NGX_COURT_ZH_FACTS_UNAVAILABLE                                        \
    NGX_COURT_TEXT("暂时无法查询办理条件",                          \
        "法院的业务系统暂时没有给出可用的答复，网关"     \
        "未能查明办理本事项所需的信息。这不是对您的"     \
        "身份或者权限的认定。",                                     \
        "请稍后重试。事项紧急的，可到法院诉讼服务窗"     \
        "口由工作人员办理，或者拨打12368诉讼服务热线。")

#define NGX_COURT_ZH_KEYS_UNAVAILABLE                                         \
    NGX_COURT_TEXT("暂时无法验证身份凭证",                          \
        "网关暂时没有取得验证身份凭证所需的密钥。这"     \
        "不是对您的身份或者权限的认定。",                      \
        "请稍后重试，无须重新登录。事项紧急的，可到"     \
        "法院诉讼服务窗口办理。")

#define NGX_COURT_ZH_INTROSPECTION_UNAVAILABLE                                \
    NGX_COURT_TEXT("暂时无法验证身份凭证",                          \
        "签发身份凭证的系统暂时没有给出可用的答复。"     \
        "这不是对您的身份或者权限的认定。",                   \
        "请稍后重试，无须重新登录。事项紧急的，可到"     \
        "法院诉讼服务窗口办理。")

#define NGX_COURT_ZH_POLICY_UNAVAILABLE                                       \
    NGX_COURT_TEXT("暂时无法作出判断",                                \
        "网关的办理规则暂时不可用。这不是对您的身份"     \
        "或者权限的认定。",                                           \
        "请稍后重试。事项紧急的，可到法院诉讼服务窗"     \
        "口由工作人员办理，或者拨打12368诉讼服务热线。")

#define NGX_COURT_ZH_REVOCATION_UNKNOWN                                       \
    NGX_COURT_TEXT("暂时无法确认凭证状态",                          \
        "网关暂时无法确认身份凭证是否仍然有效，为安"     \
        "全起见未予放行。这不是对您的身份或者权限的"     \
        "认定。",                                                          \
        "请稍后重试，无须重新登录。事项紧急的，可到"     \
        "法院诉讼服务窗口办理。")

#define NGX_COURT_ZH_AUDIT_UNAVAILABLE                                        \
    NGX_COURT_TEXT("暂时无法留存办理记录",                          \
        "本事项须全程留痕，网关暂时无法留存记录，因"     \
        "此没有办理。这不是对您的身份或者权限的认定"     \
        "。",                                                                \
        "请稍后重试。事项紧急的，可到法院诉讼服务窗"     \
        "口由工作人员办理，或者拨打12368诉讼服务热线。")

#define NGX_COURT_ZH_REPLAY_STORE_UNAVAILABLE                                 \
    NGX_COURT_TEXT("暂时无法核对一次性凭证",                       \
        "网关暂时无法确认该凭证、二维码或者签名是否"     \
        "已经使用过，因此没有受理。这不是对您的身份"     \
        "或者权限的认定。",                                           \
        "请稍后重新生成二维码或者重新发起操作。正在"     \
        "法院现场的，请到人工窗口核验入院。")

#define NGX_COURT_ZH_OVERLOADED                                               \
    NGX_COURT_TEXT("当前访问量过大",                                   \
        "系统正在处理的请求过多，暂时无法受理新的请"     \
        "求。这不是对您的身份或者权限的认定。",             \
        "请稍后重试。事项紧急的，可到法院诉讼服务窗"     \
        "口由工作人员办理，或者拨打12368诉讼服务热线。")


#endif /* _NGX_COURT_REASON_ZH_H_INCLUDED_ */
