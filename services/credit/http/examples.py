"""What the API description shows as a body to start from."""

from typing import Any

from fastapi import Body


def _shown(example: Any) -> Any:
    return Body(examples=[example])


_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

REGISTRATION = _shown(
    {
        "kind": "ENTERPRISE",
        "name": "云麓智联科技（银川）有限公司",
        "county": "640106",
        "industry": "6513",
        "established_on": "2024-09-23",
    }
)
FACTS = _shown(
    {
        "facts": [
            {"fact": "tax_grade", "value": "B", "source": "TAX", "observed_on": "2026-04-30"},
            {"fact": "tax_paid_12m_fen", "value": "12600000", "source": "TAX", "observed_on": "2026-10-31"},
        ],
        "ip_rights": [
            {
                "id": "ZL202410012345.6",
                "kind": "INVENTION",
                "filed_on": "2024-07-24",
                "expires_on": "2044-07-23",
                "valuations": [
                    {
                        "method": "INCOME",
                        "appraiser": "某资产评估公司",
                        "amount_fen": 42000000,
                        "on": "2026-08-01",
                    }
                ],
            }
        ],
    }
)
INVOICES = _shown(
    {
        "invoices": [
            {
                "number": "26642000000012345678",
                "direction": "SALE",
                "issued_on": "2026-10-12",
                "counterparty": "91640106DEM0000148",
                "net_fen": 1000000,
                "tax_fen": 60000,
                "status": "VALID",
            }
        ],
        "covers_until": "2026-10-31",
    }
)
RECORDS = _shown(
    {
        "records": [
            {
                "kind": "PENALTY",
                "reference": "宁市监罚〔2026〕12号",
                "dated_on": "2026-06-01",
                "severity": "GENERAL",
                "amount_fen": 500000,
                "source": "MARKET_REGULATION",
                "observed_on": "2026-06-10",
            }
        ]
    }
)
FIGURES = _shown(
    {
        "figures": [
            {"series": "TAX_PAID", "month": "2026-09", "value": 1050000, "source": "TAX"},
            {"series": "TAX_PAID", "month": "2026-10", "value": 980000, "source": "TAX"},
        ]
    }
)
RELATIONS = _shown(
    {
        "legal_representative": "person:p7f3k2m9",
        "controllers": ["person:p7f3k2m9"],
        "source": "MARKET_REGULATION",
        "observed_on": "2026-11-01",
    }
)
CONSENT = _shown(
    {
        "signer": "张三",
        "authority": "LEGAL_REPRESENTATIVE",
        "scopes": ["tax", "invoices", "score"],
        "documents": [],
        "purpose": "CREDIT_DECISION",
        "recipient": "org_01J0000000000000000000000A",
        "valid_until": "2027-05-31",
        "method": "ELECTRONIC_SIGNATURE",
        "text_version": "2026-3",
        "text_hash": _HASH,
    }
)
REVOCATION = _shown({"reason": "贷款申请已撤回"})
MANDATE = _shown(
    {"agent": "uscc:91640106DEM0000148", "scopes": ["invoices", "statements"], "valid_until": "2027-12-31"}
)
LEGAL_BASIS = _shown(
    {
        "document": "企业征信机构备案证",
        "number": "银备〔2026〕1号",
        "valid_from": "2026-12-01",
        "valid_until": "2029-11-30",
        "note": "",
    }
)
CARD_PROPOSAL = _shown(
    {
        "action": "PROMOTE",
        "effective_on": "2027-01-04",
        "reason": "影子运行三个月，排序和校准均优于现用评分卡",
    }
)
CARD_VERDICT = _shown({"approve": True})
REPAIR = _shown(
    {
        "record_id": "rec_01J0000000000000000000000A",
        "evidence": ["doc_01J0000000000000000000000A"],
        "commitment_hash": _HASH,
        "corrected_on": "2026-06-20",
    }
)
REPAIR_DECISION = _shown({"accepted": True, "reason": "罚款已缴清，义务已履行"})
DISPUTE = _shown(
    {
        "fact": {"fact": "tax_grade", "source": "TAX", "observed_on": "2026-04-30"},
        "claim": "2026年4月公布的级别为A级",
        "evidence": ["doc_01J0000000000000000000000A"],
    }
)
DISPUTE_VERDICT = _shown({"corrected": True, "reason": "来源单位已更正", "value": "A"})
STATEMENT = _shown({"text": "该案已和解，对方已撤诉。"})
AUDIT = _shown({"reason": "核查投诉，编号2026-118"})
CLASSES = _shown(
    {"rows": [{"party": "uscc:91640106DEM0000148", "risk_class": "B", "classed_on": "2026-11-01"}]}
)
CLASS_SPAN = _shown({"after": None})
DRAW = _shown({"territory": "640100"})
