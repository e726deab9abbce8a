"""Settings, all of them. What differs between installations comes from environment variables;
README.md lists them. A bad value stops the start with one line that names the variable.
"""

import ipaddress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from telemetry import environment as must
from telemetry.data_dir import choose_data_dir
from telemetry.secret_key import load_or_create_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

env = must.Environment()

try:
    DEBUG = env.bool("DEBUG", False)
    HOST = env.str("HOST", "127.0.0.1")
    PORT = env.int("PORT", 8000, validate=must.between(1, 65535))
    WORKERS = env.int("WORKERS", 0, validate=must.between(0, 256))
    TELEMETRY_DATA_DIR = env.path("TELEMETRY_DATA_DIR", None) or choose_data_dir(BASE_DIR)
    DATABASE_URL = env.str("DATABASE_URL", "")
    SECRET_KEY = env.str("SECRET_KEY", "", validate=must.long)
    PUBLIC_URL = env.str("PUBLIC_URL", "").rstrip("/")
    _hosts: list[str] = env.list("ALLOWED_HOSTS", [], validate=must.host_names)
    ALLOWED_HOSTS = [name.strip() for name in _hosts]
    _proxies: list[str] = env.list("TRUSTED_PROXIES", [])
    SECURE = env.bool("SECURE", PUBLIC_URL.startswith("https://"))
    TIME_ZONE = env.str("TIME_ZONE", "UTC", validate=must.zone)
    ACCESS_LOG = env.bool("ACCESS_LOG", False)
    LOG_LEVEL = env.str(
        "LOG_LEVEL", "INFO", validate=must.one_of("DEBUG", "INFO", "WARNING", "ERROR")
    )
    # Limits of the write path: points that may wait in one process, and bytes of one request.
    WRITE_QUEUE_LIMIT = env.int("WRITE_QUEUE_LIMIT", 50_000, validate=must.between(100, 10**7))
    BODY_LIMIT = env.int("BODY_LIMIT", 1024 * 1024, validate=must.between(1024, 1 << 30))
    # How often sessions are looked for that nobody has closed.
    SWEEP_SECONDS = env.int("SWEEP_SECONDS", 30, validate=must.between(1, 3600))
    _email = env.dj_email_url("EMAIL_URL", "console:")
    METRICS_TOKEN = env.str("METRICS_TOKEN", "")
    DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "telemetry@localhost", validate=must.email)
    ADMIN_EMAIL = env.str("ADMIN_EMAIL", "", validate=must.email)
    # A database in MaxMind's format, from which the countries of addresses are looked up.
    GEOIP_DATABASE = env.str("GEOIP_DATABASE", "")
except must.EnvError as error:
    raise must.one_line(error) from None

if PUBLIC_URL and not must.is_base_url(PUBLIC_URL):
    raise must.bad("PUBLIC_URL", "It must look like https://telemetry.example.org.")
if "EMAIL_BACKEND" not in _email:
    raise must.bad("EMAIL_URL", "It must look like smtp://user:password@host:587/?tls=True.")
try:
    TRUSTED_PROXIES = [ipaddress.ip_network(text.strip()) for text in _proxies]
except ValueError as error:
    raise must.bad("TRUSTED_PROXIES", error) from None
try:
    SECRET_KEY = SECRET_KEY or load_or_create_secret_key(TELEMETRY_DATA_DIR)
except OSError as error:
    raise must.bad(
        "TELEMETRY_DATA_DIR", f"{TELEMETRY_DATA_DIR} cannot be used: {error.strerror}."
    ) from None

# What the dialects' own paths answer for. A client that was pointed here by DNS still names the
# service that it was written for, and the key that it sends is all its authority.
WIRE_HOSTS = [*ALLOWED_HOSTS, ".stathat.com"] if ALLOWED_HOSTS else ["*"]

_LOCAL = {"localhost", "127.0.0.1", "::1", "[::1]"}
if not ALLOWED_HOSTS:
    # A server that was told to listen to the network is reached by names we cannot know.
    ALLOWED_HOSTS = ["*"] if HOST not in _LOCAL else [".localhost", "127.0.0.1", "[::1]"]
    if PUBLIC_URL:
        ALLOWED_HOSTS.append(urlsplit(PUBLIC_URL).hostname or "")

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "rest_framework",
    "django_filters",
    "channels",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "telemetry",
    "sessions_app",
    "stats_app",
    "devices_app",
]

MIDDLEWARE = [
    "telemetry.door.urls.HotReplies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "devices_app.visits.VisitsMiddleware",
]

ROOT_URLCONF = "telemetry.urls"
ASGI_APPLICATION = "telemetry.asgi.application"
WSGI_APPLICATION = "telemetry.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


def _database() -> dict[str, Any]:
    """The server of DATABASE_URL, or else the embedded one; started when first connected to."""
    if not DATABASE_URL:
        return {
            "ENGINE": "telemetry.postgres",
            "NAME": "telemetry",
            "OPTIONS": {"embedded_data_dir": str(TELEMETRY_DATA_DIR)},
        }
    if urlsplit(DATABASE_URL).scheme not in {"postgres", "postgresql", "pgsql"}:
        raise must.bad("DATABASE_URL", "It must look like postgresql://user:password@host/name.")
    try:
        database = dict(dj_database_url.parse(DATABASE_URL, engine="telemetry.postgres"))
    except (dj_database_url.ParseError, ValueError) as problem:
        raise must.bad("DATABASE_URL", problem) from None
    return database


DATABASES = {"default": _database()}
# Requests run on a few threads that stay (telemetry.door.django), each with its own connection.
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "telemetry.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = TELEMETRY_DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Without collected files (runserver, tests) the apps' own static folders are served.
WHITENOISE_USE_FINDERS = DEBUG

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "telemetry.api.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["telemetry.api.ProjectPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "telemetry.api.BoundedJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "telemetry.api.CursorPagination",
    # Else /api/schema/ would put whatever ?version= says into a header.
    "ALLOWED_VERSIONS": ["1"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Telemetry API",
    "DESCRIPTION": "The native REST API. The dialects' own URLs are described in the README.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

vars().update({name: value for name, value in _email.items() if name.startswith("EMAIL_")})
EMAIL_TIMEOUT = 10

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
# Dialect clients cannot follow a redirect with a body, so https is the proxy's to enforce.
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if PUBLIC_URL:
    CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SILENCED_SYSTEM_CHECKS = [
    # Plain http on the local machine is a supported way to run; SECURE=1 or an https PUBLIC_URL
    # turns these on.
    *([] if SECURE else ["security.W004", "security.W012", "security.W016"]),
    "security.W008",
    "security.W005",
    "security.W021",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Every client that speaks broken HTTP, names another host or asks for what is not there
        # would be a line, and the last with what the URL held: links in e-mails are signed.
        "uvicorn.error": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
