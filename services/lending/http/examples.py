"""What the API description shows as a body to start from."""

from typing import Any

from fastapi import Body


def _shown(example: Any) -> Any:
    return Body(examples=[example])


NEW_PRODUCT = _shown(
    {
        "external_id": "WC-001",
        "terms": {
            "name": "小微周转贷",
            "summary": "按月还息、到期还本的流动资金贷款",
            "kind": "WORKING_CAPITAL",
            "flags": ["FIRST_LOAN", "UNSECURED"],
            "amount_min_fen": 10000000,
            "amount_max_fen": 300000000,
            "term_min_months": 6,
            "term_max_months": 12,
            "rate": {"base": "LPR_1Y", "min_ppm": 8500, "max_ppm": 16000},
            "repayment_methods": ["INTEREST_FIRST", "EQUAL_INSTALMENT"],
            "guarantee_modes": ["UNSECURED"],
            "regions": ["6401"],
            "sizes": ["SMALL", "MICRO"],
            "criteria": [
                {
                    "fact": "months_since_registration",
                    "operator": "GE",
                    "values": ["24"],
                    "message": "成立满2年",
                },
                {
                    "fact": "score",
                    "operator": "GE",
                    "values": ["560"],
                    "hard": False,
                    "message": "综合评分",
                    "disclosure": "CONFIDENTIAL",
                },
            ],
            "materials": ["营业执照", "近一年财务报表"],
            "decision_days": 3,
        },
    }
)
PUBLICATION = _shown({"market_from": "2027-01-04", "market_until": None})
COST_QUESTION = _shown(
    {
        "amount_fen": 300000000,
        "months": 12,
        "method": "EQUAL_INSTALMENT",
        "rate": {"base": "LPR_1Y", "ppm": 8500},
        "pricing_date": "2025-06-03",
        "fees": [{"name": "担保费", "payee": "GUARANTOR", "basis": "PRINCIPAL", "rate_ppm": 10000}],
    }
)
QUESTION = _shown({"question": "请补充近三个月的销售合同。"})
APPROVAL = _shown(
    {
        "amount_fen": 80000000,
        "rate_ppm": 38500,
        "term_months": 12,
        "conditions": ["实际控制人承担连带责任"],
        "valid_until": None,
    }
)
DECLINATION = _shown({"reason_codes": ["INSUFFICIENT_CASH_FLOW"]})
CONTRACTS = _shown({"loan_contract": "HT-2026-0001", "signed_on": "2026-11-22"})
ATTESTATION = _shown(
    {
        "report_on": "2026-11-20",
        "report_number": "2026112000012345",
        "history": "NONE",
        "consent_id": "cns_01M83K2DRYE94VGB6MKX7S9QFK",
    }
)
DISBURSEMENT = _shown({"disbursed_on": "2026-11-22", "external_id": "JJ-2026-0001"})
REPAYMENT = _shown(
    {
        "principal_fen": 5000000,
        "interest_fen": 8000,
        "paid_on": "2026-12-22",
        "external_id": "HK-2026-0001",
    }
)
CLASSIFICATION = _shown({"loan_class": "SPECIAL_MENTION", "classified_on": "2026-12-31"})
WRITE_OFF = _shown({"written_off_on": "2028-12-31"})
EXTENSION = _shown({"months": 6, "asked_on": "2027-10-20"})
NEW_PLEDGE = _shown(
    {
        "application_id": "app_01M83K2F7QFP8VMVSDC8DGGGPJ",
        "kind": "INVENTION",
        "number": "ZL 2015 1 0102030.4",
        "owner": "uscc:91640100MA76GQ0X1R",
        "ip": {"runs_from": "2015-03-10", "fee_paid_until": "2027-03-10"},
        "valuation": {
            "amount_fen": 600000000,
            "valued_on": "2026-11-01",
            "method": "INCOME",
            "valuer": "宁夏某资产评估有限公司",
        },
    }
)
PLEDGE_CONTRACT = _shown({"number": "ZY-2026-0001", "signed_on": "2026-11-22"})
PLEDGE_REGISTRATION = _shown({"number": "Y2026640000001", "registered_on": "2026-11-25"})
PLEDGE_ENDING = _shown({"reason": "LOAN_SETTLED"})
UPKEEP = _shown({"fee_paid_until": "2028-03-10"})
NEW_RETURN = _shown(
    {
        "period": "2026-Q3",
        "figures": {
            "all_loans_fen": 110800000000,
            "all_npl_fen": 1994400000,
            "inclusive_fen": 30000000,
            "inclusive_npl_fen": 0,
            "inclusive_unsecured_fen": 0,
            "inclusive_medium_long_fen": 0,
            "households": 1,
            "granted_fen": 30000000,
            "granted_rate_ppm": 43500,
            "repaid_fen": 0,
            "written_off_fen": 0,
            "first_loan_households": 0,
        },
        "csv": "number,borrower,kind,county,industry,size,owner_kind,balance,credit_line,rate,granted_on,first_loan,"
        "unsecured,medium_long,class,days_past_due\n"
        "L-1,91640100MA76GQ0X1R,WORKING_CAPITAL,640104,C1411,SMALL,ENTERPRISE,300000.00,500000,4.35,2026-03-02,no,"
        "no,no,NORMAL,0\n",
        "dry_run": True,
    }
)
RETURN_REJECTION = _shown({"reason": "WRONG_PERIOD"})
NEW_WAIVER = _shown(
    {
        "product_id": "prd_01JD5K2M8Q3W4E5R6T7Y8U9P0A",
        "party": "uscc:91640100MA76GQ0X1R",
        "fact": "months_since_registration",
        "reason": "实际控制人有十年同业经营经历，主营业务稳定。",
        "valid_until": "2027-06-30",
    }
)
REPORT = _shown({"field": "rate", "what": "银行网站公布的利率更低。"})
REPORT_ANSWER = _shown({"status": "MENDED", "answer": "已更正，新版本待发布。"})
BRANCH = _shown({"name": "兴庆支行", "counties": ["640104"]})
STAFF = _shown({"branches": ["B01"], "rights": ["SEE", "ACT"], "takes_new": True})
ASSIGN = _shown({"branch": "B02", "reason": "企业搬迁"})
SIGN_DAY = _shown({"reconciliation_id": "rec_01M83K2DRYE94VGB6MKX7S9QFK"})
WEBHOOK = _shown({"url": "https://bank.example/hook", "types": ["application.*", "loan.settled"]})
REDELIVERY = _shown({"dead_since": "2026-11-20T00:00:00Z"})
MADE_UP_APPLICATION = _shown(
    {
        "product_id": "prd_01M83K2DRYE94VGB6MKX7S9QFK",
        "amount_fen": 80000000,
        "term_months": 12,
        "repayment_method": "INTEREST_FIRST",
    }
)
FIRM_MOVE = _shown({"step": "ACCEPT_OFFER"})
