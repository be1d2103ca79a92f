/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The texts of ngx_court_reason_zh.h in English.  What is said, and what is
 * not, must be the same in both.
 */


#ifndef _NGX_COURT_REASON_EN_H_INCLUDED_
#define _NGX_COURT_REASON_EN_H_INCLUDED_


#define NGX_COURT_EN_PATH_NOT_CANONICAL                                       \
    NGX_COURT_TEXT("Request address not in canonical form",                   \
        "The address contains a spelling that is not accepted, such as "      \
        "doubled slashes, \"..\", a semicolon or an irregular encoding. "     \
        "The gateway does not correct it and has not passed the request "     \
        "on.",                                                                \
        "Please start again from the pages of the lawyer service "            \
        "platform. If you use a system of your own, write the address as "    \
        "the interface specification says and send it again.")

#define NGX_COURT_EN_CREDENTIALS_AMBIGUOUS                                    \
    NGX_COURT_TEXT("More than one credential",                                \
        "The request carries more than one credential. The gateway cannot "   \
        "tell which of them is meant and has not accepted any.",              \
        "Please sign out, sign in again and send one credential in one "      \
        "way only.")

#define NGX_COURT_EN_REQUEST_MALFORMED                                        \
    NGX_COURT_TEXT("Request malformed",                                       \
        "The content or the form of the request does not follow the "         \
        "interface specification and cannot be processed.",                   \
        "Please check what was entered and send it again. If this happens "   \
        "repeatedly, give the request number on this page to technical "      \
        "support.")

#define NGX_COURT_EN_TOKEN_MISSING                                            \
    NGX_COURT_TEXT("Not signed in",                                           \
        "This matter requires a verified identity, and the request "          \
        "carries no credential.",                                             \
        "Please sign in to the lawyer service platform, verify your "         \
        "identity and try again. If you cannot sign in, any court's "         \
        "service centre can verify you in person.")

#define NGX_COURT_EN_TOKEN_INVALID                                            \
    NGX_COURT_TEXT("Credential not valid",                                    \
        "The credential could not be verified, and the gateway has not "      \
        "recognised an identity from it. This says nothing about your "       \
        "qualification.",                                                     \
        "Please sign out and sign in again to obtain a new credential. If "   \
        "that fails, any court's service centre can verify you in person, "   \
        "or tell us through feedback on the platform.")

#define NGX_COURT_EN_TOKEN_EXPIRED                                            \
    NGX_COURT_TEXT("Sign-in expired",                                         \
        "Your credential has passed its period of validity. This says "       \
        "nothing about your qualification.",                                  \
        "Please sign in again and continue.")

#define NGX_COURT_EN_TOKEN_REVOKED                                            \
    NGX_COURT_TEXT("Credential withdrawn",                                    \
        "The credential has been withdrawn and can no longer be used.",       \
        "Please sign in again. If this was not your doing, or you still "     \
        "cannot sign in, contact support or use feedback or complaint on "    \
        "the platform.")

#define NGX_COURT_EN_BINDING_INVALID                                          \
    NGX_COURT_TEXT("Credential bound to another device",                      \
        "The credential may only be used on the device or application "       \
        "that obtained it, and this request did not prove that.",             \
        "Please use the original device and application, or sign in again "   \
        "on the new one.")

#define NGX_COURT_EN_SIGNATURE_MISSING                                        \
    NGX_COURT_TEXT("Request signature missing",                               \
        "This interface requires a signed request, and there is no "          \
        "signature.",                                                         \
        "The operator of the application should sign the request as the "     \
        "specification says. Personal users should use the platform's "       \
        "official application.")

#define NGX_COURT_EN_SIGNATURE_INVALID                                        \
    NGX_COURT_TEXT("Request signature not valid",                             \
        "The signature of the request did not verify: the content may "       \
        "have been altered on the way, or the key or the parts covered "      \
        "are not as required.",                                               \
        "The operator of the application should check key and covered "       \
        "parts and send it again. Personal users should update the "          \
        "official application and retry.")

#define NGX_COURT_EN_SIGNATURE_STALE                                          \
    NGX_COURT_TEXT("Request signature too old",                               \
        "The time of the signature lies outside the accepted range, so "      \
        "the gateway cannot be sure that this is a new request.",             \
        "Please set the clock of the device and send the request again. "     \
        "If that fails, the operator of the application should check the "    \
        "system clock.")

#define NGX_COURT_EN_REPLAYED                                                 \
    NGX_COURT_TEXT("Already used",                                            \
        "This proof, QR code or signature can be used once only and has "     \
        "been used. To prevent misuse it was not accepted again.",            \
        "Please create a new code or start the action again. If you have "    \
        "not used it before, change your password at once and tell us "       \
        "through complaint on the platform.")

#define NGX_COURT_EN_REAUTHENTICATION_REQUIRED                                \
    NGX_COURT_TEXT("Please verify yourself again",                            \
        "Under the rules for online litigation this matter requires a "       \
        "recent verification in person by face, lawyer code or chip card. "   \
        "A password does not replace it.",                                    \
        "Please verify yourself as prompted and continue. If you cannot, "    \
        "court staff at a service centre can verify you in person.")

#define NGX_COURT_EN_ASSURANCE_TOO_LOW                                        \
    NGX_COURT_TEXT("Stronger identification required",                        \
        "This matter requires a higher level of identification than the "     \
        "way in which you signed in.",                                        \
        "Please sign in by face, lawyer code or chip card. If you cannot, "   \
        "a court's service centre can verify you in person.")

#define NGX_COURT_EN_EARLY_DATA                                               \
    NGX_COURT_TEXT("Please send again",                                       \
        "The request arrived before the secure connection was complete. "     \
        "It was not accepted, so that it cannot be submitted twice.",         \
        "Please send it again. Applications usually do this by themselves.")

#define NGX_COURT_EN_NO_RULE                                                  \
    NGX_COURT_TEXT("Matter not available",                                    \
        "The court does not offer the matter that you asked for, or the "     \
        "address is mistaken.",                                               \
        "Please reach the matter from the platform's pages, or ask the "      \
        "litigation hotline 12368.")

#define NGX_COURT_EN_FORBIDDEN                                                \
    NGX_COURT_TEXT("Not permitted",                                           \
        "Under the rules in force the conditions for this matter are not "    \
        "met.",                                                               \
        "Please check the role, the case and the matter you chose. If you "   \
        "disagree, use feedback or complaint on the platform, or ask the "    \
        "litigation hotline 12368.")

#define NGX_COURT_EN_ROLE_FORBIDDEN                                           \
    NGX_COURT_TEXT("Not in this role",                                        \
        "The role in which you signed in cannot do this. A person may "       \
        "have several roles but acts in one at a time.",                      \
        "Please change to the role that fits the matter. Assistants "         \
        "should ask the lawyer to do it in person. If you think this is "     \
        "wrong, use feedback on the platform.")

#define NGX_COURT_EN_ROLE_UNKNOWN                                             \
    NGX_COURT_TEXT("Role not recognised",                                     \
        "The credential names no role that the gateway knows.",               \
        "Please sign in again and choose a role. If this happens "            \
        "repeatedly, give the request number to technical support.")

#define NGX_COURT_EN_PRACTICE_NOT_ACTIVE                                      \
    NGX_COURT_TEXT("Practice status is not active",                           \
        "The national verification shows that your practice status is not "   \
        "active at present, so this matter cannot be done as a lawyer. A "    \
        "paper licence does not replace the live result.",                    \
        "Please check with the judicial administration where you "            \
        "practise; once corrected, you can proceed. You may still appear "    \
        "in another role, such as a party, or explain your case at the "      \
        "court's service desk. Feedback and complaints stay open whatever "   \
        "the status.")

#define NGX_COURT_EN_IDENTITY_NOT_FOUND                                       \
    NGX_COURT_TEXT("No identity record",                                      \
        "The national verification platform answers that it has no record "   \
        "of your identity.",                                                  \
        "Please check the name and numbers you entered. If they are "         \
        "right, ask the judicial administration where you practise, or "      \
        "bring licence and identity card to a court's service desk for "      \
        "verification in person. Feedback and complaints stay open.")

#define NGX_COURT_EN_LINK_NOT_ACTIVE                                          \
    NGX_COURT_TEXT("Assistant link not in force",                             \
        "The link between you and the lawyer you assist is not confirmed "    \
        "by both lawyer and firm, is outside its period, or has been "        \
        "ended.",                                                             \
        "Please ask the lawyer to add or confirm it under assistant "         \
        "management and the firm to approve it. If you think this is "        \
        "wrong, use feedback on the platform.")

#define NGX_COURT_EN_TOO_MANY_LINKS                                           \
    NGX_COURT_TEXT("Too many assistants",                                     \
        "A lawyer may have three assistants at a time. The links "            \
        "concerned exceed that and cannot be used.",                          \
        "Please ask the lawyer to end a link that is no longer needed "       \
        "under assistant management, then try again.")

#define NGX_COURT_EN_NOT_DELEGATED                                            \
    NGX_COURT_TEXT("Not within your delegation",                              \
        "As an assistant you cannot use this delegation for this action "     \
        "at present.",                                                        \
        "Please check with the lawyer you assist what is delegated in "       \
        "this case; the lawyer can settle it under assistant grants or "      \
        "act in person. Questions are welcome through feedback.")

#define NGX_COURT_EN_NO_RELATION                                              \
    NGX_COURT_TEXT("No relation to the case on file",                         \
        "The court finds no relation between you and the case on which "      \
        "this matter could be done. The answer is the same whether the "      \
        "case does not exist, does not concern you or is not public.",        \
        "Please check court and case number. If you have handed in a "        \
        "power of attorney, ask the judge or clerk whether it is "            \
        "registered, or call 12368. If you disagree, use feedback or "        \
        "complaint.")

#define NGX_COURT_EN_OWN_UNIT_ONLY                                            \
    NGX_COURT_TEXT("Own unit only",                                           \
        "Public-duty and company lawyers act for their own unit only, and "   \
        "the client on the court's file is not your unit.",                   \
        "Please check case and client. If it is your unit's matter, ask "     \
        "the judge or clerk to correct the file. If you think this is "       \
        "wrong, use feedback on the platform.")

#define NGX_COURT_EN_SPECIAL_AUTHORITY_REQUIRED                               \
    NGX_COURT_TEXT("Special authority required",                              \
        "This matter requires the client's special authority, and the "       \
        "authority on the court's file does not include it.",                 \
        "Please have the client issue a special power of attorney and "       \
        "file it with the court. If you have, ask the judge or clerk to "     \
        "confirm it.")

#define NGX_COURT_EN_COURT_SCOPE                                              \
    NGX_COURT_TEXT("Outside your courts",                                     \
        "Your permission does not extend to the court that you asked for.",   \
        "Please check the court. For another court's matters, that court "    \
        "or a higher one has to grant the permission.")

#define NGX_COURT_EN_OUTSIDE_WINDOW                                           \
    NGX_COURT_TEXT("Outside the time window",                                 \
        "The court has set a time for this matter, and it is not that "       \
        "time now.",                                                          \
        "Please act within the time given in the court's notice. To "         \
        "change or extend it, contact the judge or clerk.")

#define NGX_COURT_EN_CHANNEL_FORBIDDEN                                        \
    NGX_COURT_TEXT("Please use another channel",                              \
        "This matter cannot be done through the present channel.",            \
        "Please use the courts' official mobile application or visit a "      \
        "court's service centre.")

#define NGX_COURT_EN_CLIENT_NOT_REGISTERED                                    \
    NGX_COURT_TEXT("Device or application not registered",                    \
        "The device or application is not registered with this court, or "    \
        "its registration has been stopped. This says nothing about your "    \
        "identity or qualification.",                                         \
        "The court's device administrator has to register it. If you are "    \
        "at the court, please go to the staffed desk and be verified "        \
        "there.")

#define NGX_COURT_EN_CONFIRMATION_REQUIRED                                    \
    NGX_COURT_TEXT("Please confirm the act",                                  \
        "This act has legal effect and needs your confirmation of exactly "   \
        "what is submitted. There was no valid one, or the content "          \
        "changed or too much time passed after it.",                          \
        "Please check the content, confirm it as prompted and submit it "     \
        "again.")

#define NGX_COURT_EN_SECOND_APPROVAL_REQUIRED                                 \
    NGX_COURT_TEXT("Second approval required",                                \
        "This matter needs the approval of two persons, and the other's "     \
        "is missing.",                                                        \
        "Please ask another authorised person to approve it. You cannot "     \
        "approve it yourself.")

#define NGX_COURT_EN_CONSENT_REQUIRED                                         \
    NGX_COURT_TEXT("Consent required",                                        \
        "This matter requires the person's consent to the use of personal "   \
        "data, and no valid consent is on record.",                           \
        "Please review and give it under consents on the platform, then "     \
        "try again. Without it, the matter can be done at a court's "         \
        "service desk.")

#define NGX_COURT_EN_ORIGIN_FORBIDDEN                                         \
    NGX_COURT_TEXT("Origin not accepted",                                     \
        "The request was started by another site or a page that is not "      \
        "approved. To protect your account it was not accepted.",             \
        "Please close other pages and act from the official pages of the "    \
        "lawyer service platform.")

#define NGX_COURT_EN_UPGRADE_NOT_ALLOWED                                      \
    NGX_COURT_TEXT("Connection upgrade not accepted",                         \
        "This interface does not support the kind of connection that was "    \
        "asked for.",                                                         \
        "Please use the official application, or connect as the interface "   \
        "specification says.")

#define NGX_COURT_EN_BODY_TOO_LARGE                                           \
    NGX_COURT_TEXT("Content too large",                                       \
        "The file or content exceeds the size that this matter accepts.",     \
        "Please compress or split it and submit the parts. If that is "       \
        "impossible, ask the judge or clerk how to hand it in.")

#define NGX_COURT_EN_TOO_MANY_REQUESTS                                        \
    NGX_COURT_TEXT("Too many requests",                                       \
        "There were too many requests within a short time. This does not "    \
        "affect your identity or rights.",                                    \
        "Please wait a moment and try again. If you need to work in bulk, "   \
        "tell us through feedback on the platform.")

#define NGX_COURT_EN_INTERNAL_ERROR                                           \
    NGX_COURT_TEXT("Internal error",                                          \
        "A fault of the gateway itself kept it from handling your "           \
        "request. This is not a decision about you or your rights.",          \
        "Please try again later. If it happens repeatedly, give the "         \
        "request number to technical support. In urgent matters visit a "     \
        "court's service desk.")

#define NGX_COURT_EN_IDENTITY_UNAVAILABLE                                     \
    NGX_COURT_TEXT("Identity cannot be verified just now",                    \
        "The national verification platform has given no usable answer, "     \
        "and your identity could not be found out. This is not a decision "   \
        "about you or your rights.",                                          \
        "Please try again in a moment. If you are at the court, staff at "    \
        "the desk can verify you in person without waiting for the system.")

#define NGX_COURT_EN_FACTS_UNAVAILABLE                                        \
    NGX_COURT_TEXT("Needed information cannot be had just now",               \
        "The court's system has given no usable answer, and the "             \
        "information needed for this matter could not be found out. This "    \
        "is not a decision about you or your rights.",                        \
        "Please try again in a moment. In urgent matters court staff at a "   \
        "service desk can help, or call the litigation hotline 12368.")

#define NGX_COURT_EN_KEYS_UNAVAILABLE                                         \
    NGX_COURT_TEXT("Credential cannot be checked just now",                   \
        "The keys needed to check credentials cannot be had at present. "     \
        "This is not a decision about you or your rights.",                   \
        "Please try again in a moment; there is no need to sign in again. "   \
        "In urgent matters visit a court's service desk.")

#define NGX_COURT_EN_INTROSPECTION_UNAVAILABLE                                \
    NGX_COURT_TEXT("Credential cannot be checked just now",                   \
        "The system that issued the credential has given no usable "          \
        "answer. This is not a decision about you or your rights.",           \
        "Please try again in a moment; there is no need to sign in again. "   \
        "In urgent matters visit a court's service desk.")

#define NGX_COURT_EN_POLICY_UNAVAILABLE                                       \
    NGX_COURT_TEXT("No decision possible just now",                           \
        "The rules of the gateway are not available at present. This is "     \
        "not a decision about you or your rights.",                           \
        "Please try again in a moment. In urgent matters court staff at a "   \
        "service desk can help, or call the litigation hotline 12368.")

#define NGX_COURT_EN_REVOCATION_UNKNOWN                                       \
    NGX_COURT_TEXT("State of the credential not known",                       \
        "The gateway cannot tell at present whether credentials are still "   \
        "in force and lets nothing pass, for safety. This is not a "          \
        "decision about you or your rights.",                                 \
        "Please try again in a moment; there is no need to sign in again. "   \
        "In urgent matters visit a court's service desk.")

#define NGX_COURT_EN_AUDIT_UNAVAILABLE                                        \
    NGX_COURT_TEXT("No record can be kept just now",                          \
        "This matter must leave a complete record, which cannot be kept "     \
        "at present, so it was not done. This is not a decision about you "   \
        "or your rights.",                                                    \
        "Please try again in a moment. In urgent matters court staff at a "   \
        "service desk can help, or call the litigation hotline 12368.")

#define NGX_COURT_EN_REPLAY_STORE_UNAVAILABLE                                 \
    NGX_COURT_TEXT("Single-use proof cannot be checked just now",             \
        "The gateway cannot tell at present whether this proof, code or "     \
        "signature has been used, so it was not accepted. This is not a "     \
        "decision about you or your rights.",                                 \
        "Please create a new code or start the action again in a moment. "    \
        "If you are at the court, go to the staffed desk.")

#define NGX_COURT_EN_OVERLOADED                                               \
    NGX_COURT_TEXT("System busy",                                             \
        "Too many requests are being handled, and new ones cannot be "        \
        "taken at present. This is not a decision about you or your "         \
        "rights.",                                                            \
        "Please try again in a moment. In urgent matters court staff at a "   \
        "service desk can help, or call the litigation hotline 12368.")


#endif /* _NGX_COURT_REASON_EN_H_INCLUDED_ */
