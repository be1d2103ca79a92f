# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Errors of a policy as nginx -t tells them: JSON pointer, line of the policy,
# and the line of court_policy.  Each block changes one thing in a right one.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtConf;

our $right = <<'_EOC_';
{ "format": 1, "version": 7,
  "facts": { "identity": ["active", "status"] },
  "conditions": {
    "active": { "on": "person", "all": [ ["identity.active", "==", true] ], "reason": "practice_not_active" },
    "fresh":  { "on": "caller", "all": [ ["token.auth_age", "<=", 600] ], "reason": "reauthentication_required",
                "step_up": { "acr_values": ["face"], "max_age": 600 } } },
  "interfaces": [
    { "id": "thing.read", "routes": [ { "methods": ["GET"], "path": "/thing/{id}" } ] },
    { "id": "open.read", "auth": "none", "routes": [ { "methods": ["GET"], "path": "/open" } ] } ],
  "rules": [
    { "id": "r1", "effect": "allow", "roles": ["lawyer"], "interfaces": ["thing.read"], "when": ["active", "fresh"] },
    { "id": "r2", "effect": "forbid", "roles": ["party"], "interfaces": ["thing.read"], "reason": "own_code" } ],
  "reasons": {
    "own_code": { "status": 403, "zh": { "title": "t", "detail": "d", "next": "n" } } } }
_EOC_

# the right policy with the first place of $from changed
sub with {
    my ($from, $to) = @_;
    my $at = index $right, $from;

    die "the policy has no $from\n" if $at < 0;
    return substr($right, 0, $at) . $to . substr($right, $at + length $from);
}

run_tests();

__DATA__

=== TEST 1: the policy that the others change is right
--- policy eval: $::right


=== TEST 2: no JSON
--- policy eval
::with(q{"rules": [},
       q{"rules": [ ,})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": line 10: invalid JSON


=== TEST 3: an empty file
--- policy eval: ''
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": line 1: unexpected end of text


=== TEST 4: a list
--- policy eval: q{[]}
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": line 1: must be an object


=== TEST 5: a member twice
--- policy eval
::with(q{"version": 7},
       q{"version": 7, "version": 8})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": line 1: duplicate member "version"


=== TEST 6: a member of the document that is unknown
--- policy eval
::with(q{"version": 7},
       q{"version": 7, "valid_until": 1})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /valid_until: line 1: unknown member


=== TEST 7: another format
--- policy eval
::with(q{"format": 1},
       q{"format": 2})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /format: line 1: must be 1


=== TEST 8: no version
--- policy eval
::with(q{, "version": 7},
       q{})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": line 1: "version" is missing


=== TEST 9: version zero
--- policy eval
::with(q{"version": 7},
       q{"version": 0})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /version: line 1: must be at least 1


=== TEST 10: a version that is a fraction
--- policy eval
::with(q{"version": 7},
       q{"version": 7.5})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /version: line 1: must be an integer


=== TEST 11: a version that is text
--- policy eval
::with(q{"version": 7},
       q{"version": "7"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /version: line 1: must be an integer


=== TEST 12: no interfaces
--- policy eval: q{{"format":1,"version":7,"rules":[]}}
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": line 1: "interfaces" is missing


=== TEST 13: no rules
--- policy eval: q{{"format":1,"version":7,"interfaces":[]}}
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": line 1: "rules" is missing


=== TEST 14: a fact that is not declared
--- policy eval
::with(q'"facts": { "identity"',
       q'"facts": { "person"')
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /facts/person: line 2: unknown fact "person"


=== TEST 15: a field that the fact does not have
--- policy eval
::with(q{["active", "status"]},
       q{["active", "kind"]})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /facts/identity/1: line 2: fact "identity" has no field "kind"


=== TEST 16: a condition's attribute that facts does not list
--- policy eval
::with(q{["identity.active", "==", true]},
       q{["identity.suspended", "covers_now", false]})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/active/all/0/0: line 4: "suspended" is not listed in /facts/identity


=== TEST 17: an attribute that is none
--- policy eval
::with(q{"token.auth_age"},
       q{"token.age"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh/all/0/0: line 5: unknown attribute "token.age"


=== TEST 18: an attribute without a dot
--- policy eval
::with(q{"token.auth_age"},
       q{"auth_age"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh/all/0/0: line 5: "auth_age" is no attribute


=== TEST 19: an operator that is none
--- policy eval
::with(q{"<=", 600},
       q{"=<", 600})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh/all/0/1: line 5: unknown operator "=<"


=== TEST 20: an operator that the type does not have
--- policy eval
::with(q{"identity.active", "==", true},
       q{"identity.active", "<", true})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/active/all/0/1: line 4: "<" is not for bool, which "identity.active" is


=== TEST 21: an operand of another type
--- policy eval
::with(q{"identity.active", "==", true},
       q{"identity.active", "==", "true"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/active/all/0/2: line 4: must be true or false


=== TEST 22: an operand that is missing
--- policy eval
::with(q{["token.auth_age", "<=", 600]},
       q{["token.auth_age", "<="]})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh/all/0: line 5: "<=" needs an operand


=== TEST 23: attributes of two types compared
--- policy eval
::with(q{"<=", 600},
       q{"<=", {"attr":"token.sub"}})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh/all/0/2: line 5: "token.sub" is string, which doesn't compare to seconds


=== TEST 24: an attribute compared that is unknown
--- policy eval
::with(q{"<=", 600},
       q{"<=", {"attr":"token.nbf"}})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh/all/0/2: line 5: "token.nbf" is time, which doesn't compare to seconds


=== TEST 25: a condition without on
--- policy eval
::with(q{"on": "caller", },
       q{})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh: line 5: "on" is missing


=== TEST 26: a condition on somebody
--- policy eval
::with(q{"on": "caller"},
       q{"on": "principal"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh/on: line 5: unknown value "principal"


=== TEST 27: a condition without tests
--- policy eval
::with(q{"all": [ ["token.auth_age", "<=", 600] ], },
       q{})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh: line 5: must have one of "all", "any", "not"


=== TEST 28: a condition with all and any
--- policy eval
::with(q{"all": [ ["token.auth_age"},
       q{"any": [ ["tls.on","==",true] ], "all": [ ["token.auth_age"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh: line 5: must have one of "all", "any", "not"


=== TEST 29: all of nothing
--- policy eval
::with(q{[ ["token.auth_age", "<=", 600] ]},
       q{[]})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh/all: line 5: must not be empty


=== TEST 30: a condition's member that is unknown
--- policy eval
::with(q{"on": "caller",},
       q{"on": "caller", "ttl": 5,})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh/ttl: line 5: unknown member


=== TEST 31: a condition's name in capitals
--- policy eval
::with(q{"fresh":},
       q{"Fresh":})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/Fresh: line 5: invalid name "Fresh"


=== TEST 32: a reason that nobody gave
--- policy eval
::with(q{"reason": "practice_not_active"},
       q{"reason": "practice_lapsed"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/active/reason: line 4: unknown reason "practice_lapsed"


=== TEST 33: needs of a fact that the condition does not read
--- policy eval
::with(q{"reason": "practice_not_active"},
       q{"reason": "practice_not_active", "needs": {"link": 5}})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/active/needs/link: line 4: unknown fact "link"


=== TEST 34: needs that is below zero
--- policy eval
::with(q{"reason": "practice_not_active"},
       q{"reason": "practice_not_active", "needs": {"identity": -1}})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/active/needs/identity: line 4: must be seconds from 0 to 31536000


=== TEST 35: step_up of a reason that has none
--- policy eval
::with(q{"reason": "reauthentication_required"},
       q{"reason": "forbidden"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh/step_up: line 6: needs the reason reauthentication_required or assurance_too_low


=== TEST 36: step_up with an unknown member
--- policy eval
::with(q'"max_age": 600 }',
       q'"max_age": 600, "amr": [] }')
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /conditions/fresh/step_up/amr: line 6: unknown member


=== TEST 37: an interface without id
--- policy eval
::with(q{"id": "open.read", },
       q{})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1: line 9: "id" is missing


=== TEST 38: an interface's id twice
--- policy eval
::with(q{"id": "open.read"},
       q{"id": "thing.read"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1: line 9: duplicate id "thing.read"


=== TEST 39: an interface's id with a space
--- policy eval
::with(q{"id": "open.read"},
       q{"id": "open read"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/id: line 9: invalid name "open read"


=== TEST 40: auth that is neither
--- policy eval
::with(q{"auth": "none"},
       q{"auth": "optional"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/auth: line 9: unknown value "optional"


=== TEST 41: trace that is neither
--- policy eval
::with(q{"auth": "none"},
       q{"auth": "none", "trace": "all"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/trace: line 9: unknown value "all"


=== TEST 42: upgrade to something else
--- policy eval
::with(q{"auth": "none"},
       q{"auth": "none", "upgrade": "h2c"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/upgrade: line 9: unknown value "h2c"


=== TEST 43: replayable that is text
--- policy eval
::with(q{"auth": "none"},
       q{"auth": "none", "replayable": "yes"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/replayable: line 9: must be true or false


=== TEST 44: body is of a later step
--- policy eval
::with(q{"auth": "none"},
       q{"auth": "none", "body": "hold"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/body: line 9: unknown member


=== TEST 45: signature, too
--- policy eval
::with(q{"auth": "none"},
       q{"auth": "none", "signature": {}})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/signature: line 9: unknown member


=== TEST 46: and quota
--- policy eval
::with(q{"auth": "none"},
       q{"auth": "none", "quota": {}})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/quota: line 9: unknown member


=== TEST 47: an interface without routes
--- policy eval
::with(q{, "routes": [ { "methods": ["GET"], "path": "/open" } ]},
       q{})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1: line 9: "routes" is missing


=== TEST 48: a route without methods
--- policy eval
::with(q{{ "methods": ["GET"], "path": "/open" }},
       q{{ "path": "/open" }})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/routes/0: line 9: "methods" is missing


=== TEST 49: HEAD is GET
--- policy eval
::with(q{["GET"], "path": "/open"},
       q{["HEAD"], "path": "/open"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/routes/0/methods/0: line 9: method "HEAD" is not for interfaces


=== TEST 50: OPTIONS is answered by nobody's rule
--- policy eval
::with(q{["GET"], "path": "/open"},
       q{["OPTIONS"], "path": "/open"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/routes/0/methods/0: line 9: method "OPTIONS" is not for interfaces


=== TEST 51: a method in small letters
--- policy eval
::with(q{["GET"], "path": "/open"},
       q{["get"], "path": "/open"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/routes/0/methods/0: line 9: invalid method "get"


=== TEST 52: a path without its slash
--- policy eval
::with(q{"path": "/open"},
       q{"path": "open"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/routes/0/path: line 9: must begin with a slash and have at most 32 segments


=== TEST 53: a path with an empty segment
--- policy eval
::with(q{"path": "/open"},
       q{"path": "/open//x"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/routes/0/path: line 9: has an empty segment


=== TEST 54: a path with dots
--- policy eval
::with(q{"path": "/open"},
       q{"path": "/open/../x"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/routes/0/path: line 9: segment ".." is not canonical


=== TEST 55: a path with a needless escape
--- policy eval
::with(q{"path": "/open"},
       q{"path": "/%6Fpen"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/routes/0/path: line 9: segment "%6Fpen" is not canonical


=== TEST 56: a variable that is half a segment
--- policy eval
::with(q{/thing/{id}},
       q{/thing/x{id}})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/0/routes/0/path: line 8: segment "x{id}" is not canonical


=== TEST 57: a variable in capitals
--- policy eval
::with(q{/thing/{id}},
       q{/thing/{Id}})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/0/routes/0/path: line 8: invalid variable "{Id}"


=== TEST 58: a variable twice
--- policy eval
::with(q{/thing/{id}},
       q{/thing/{id}/{id}})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/0/routes/0/path: line 8: variable "{id}" stands twice


=== TEST 59: a variable of a type that is none
--- policy eval
::with(q{/thing/{id}},
       q{/thing/{id:int}})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/0/routes/0/path: line 8: invalid variable "{id:int}"


=== TEST 60: paths that differ in a variable's name alone
--- policy eval
::with(q{"path": "/open"},
       q{"path": "/thing/{case}"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/routes/0/path: line 9: differs from another path in variable names only


=== TEST 61: one path twice
--- policy eval
::with(q'"path": "/open" }',
       q'"path": "/open" }, { "methods": ["GET"], "path": "/open" }')
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /interfaces/1/routes/1/path: line 9: GET of this path is "open.read" already


=== TEST 62: a rule without id
--- policy eval
::with(q{"id": "r1", },
       q{})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0: line 11: "id" is missing


=== TEST 63: a rule's id twice
--- policy eval
::with(q{"id": "r2"},
       q{"id": "r1"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/1: line 12: duplicate id "r1"


=== TEST 64: an effect that is none
--- policy eval
::with(q{"effect": "allow"},
       q{"effect": "permit"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0/effect: line 11: unknown value "permit"


=== TEST 65: a role that is none
--- policy eval
::with(q{["lawyer"]},
       q{["solicitor"]})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0/roles/0: line 11: unknown role "solicitor"


=== TEST 66: no role
--- policy eval
::with(q{["lawyer"]},
       q{[]})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0/roles: line 11: must not be empty


=== TEST 67: an interface that is none
--- policy eval
::with(q{["thing.read"], "when"},
       q{["thing.write"], "when"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0/interfaces/0: line 11: unknown interface "thing.write"


=== TEST 68: a pattern of which there is none
--- policy eval
::with(q{["thing.read"], "when"},
       q{["evidence.*"], "when"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0/interfaces/0: line 11: no interface is like "evidence.*"


=== TEST 69: a condition that is none
--- policy eval
::with(q{["active", "fresh"]},
       q{["active", "frsh"]})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0/when/1: line 11: unknown condition "frsh"


=== TEST 70: a rule's member that is unknown
--- policy eval
::with(q{"effect": "allow"},
       q{"effect": "allow", "priority": 1})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0/priority: line 11: unknown member


=== TEST 71: mode report is of a later step
--- policy eval
::with(q{"effect": "allow"},
       q{"effect": "allow", "mode": "report"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0/mode: line 11: unknown value "report"


=== TEST 72: an allow with a reason
--- policy eval
::with(q{"effect": "allow"},
       q{"effect": "allow", "reason": "own_code"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0/reason: line 11: only a forbid has a reason; an allow's conditions have theirs


=== TEST 73: a forbid with obligations
--- policy eval
::with(q{"effect": "forbid"},
       q{"effect": "forbid", "obligations": ["watermark"]})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/1/obligations: line 12: a forbid has none


=== TEST 74: delegated for another role than assistant
--- policy eval
::with(q{"effect": "allow"},
       q{"effect": "allow", "delegated": true})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0/delegated: line 11: is for rules that allow the role assistant alone


=== TEST 75: a rule for an interface that is public
--- policy eval
::with(q{["thing.read"], "when"},
       q{["open.read"], "when"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0: line 11: rule "r1" can never fire


=== TEST 76: a rule that an earlier one makes needless
--- policy eval
::with(q'"interfaces": ["thing.read"], "reason": "own_code" }',
       q'"interfaces": ["thing.read"], "reason": "own_code" }, { "id": "r3", "effect": "allow", "roles": ["lawyer"], "interfaces": ["thing.read"], "when": ["active", "fresh"] }')
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/2: line 12: rule "r3" can never fire


=== TEST 77: a rule that a forbid makes vain
--- policy eval
::with(q'"interfaces": ["thing.read"], "reason": "own_code" }',
       q'"interfaces": ["thing.read"], "reason": "own_code" }, { "id": "r3", "effect": "allow", "roles": ["party"], "interfaces": ["thing.read"] }')
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/2: line 12: rule "r3" can never fire


=== TEST 78: needs of a fact that no condition of the rule reads
--- policy eval
::with(q{"effect": "allow"},
       q{"effect": "allow", "needs": {"link": 1}})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /rules/0/needs/link: line 11: unknown fact "link"


=== TEST 79: a reason without zh
--- policy eval
::with(q{"zh": { "title": "t", "detail": "d", "next": "n" }},
       q{"en": { "title": "t", "detail": "d", "next": "n" }})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /reasons/own_code: line 14: "zh" is missing


=== TEST 80: a reason without next
--- policy eval
::with(q{, "next": "n"},
       q{})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /reasons/own_code/zh: line 14: "next" is missing


=== TEST 81: a reason with an empty title
--- policy eval
::with(q{"title": "t"},
       q{"title": ""})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /reasons/own_code/zh/title: line 14: must not be empty


=== TEST 82: a reason of another status
--- policy eval
::with(q{"status": 403},
       q{"status": 451})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /reasons/own_code: line 14: "status" must be 403


=== TEST 83: a reason that is built in
--- policy eval
::with(q'"own_code": {',
       q'"forbidden": {')
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /reasons/forbidden: line 14: "forbidden" is a built-in reason


=== TEST 84: a reason with an unknown member
--- policy eval
::with(q{"status": 403},
       q{"status": 403, "help": "x"})
--- http
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
court_policy "@DIR@/policy.json": /reasons/own_code/help: line 14: unknown member
