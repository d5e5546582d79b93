"""One address for each page type."""

PUBLIC = {
    "home": "/",
    "stage": "/stages/run/",
    "guides": "/guides/",
    "guide": "/guides/cash-flow/",
    "guide with an expired fact": "/guides/vat-registration/",
    "programmes": "/programmes/",
    "programme": "/programmes/bds-2567/",
    "results": "/search/?q=ภาษี",
    "no results": "/search/?q=zzzzqqqq",
    "form": "/ask/?guide=4104&province=TH-50",
    "centres": "/centres/",
    "centre": "/centres/TH-50/",
    "plain page": "/privacy/",
    "my page": "/my/",
    "profile": "/my/business/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "missing page": "/nowhere/",
}
