"""What a received mail is (F4): a reply moves the next touch, an out-of-office answer does not, a bounce ends the plan.

All there is to go by is subject, sender and body. When in doubt a mail is a reply: a person who is taken for a
machine waits for an answer, a machine that is taken for a person costs somebody one look.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser

REPLY, OUT_OF_OFFICE, BOUNCE = "Reply", "Out of Office", "Bounce"
# Sent by a machine and neither of them: a delay, a receipt. It says nothing about the person or the address.
AUTOMATIC = "Automatic"
KINDS = (REPLY, OUT_OF_OFFICE, BOUNCE, AUTOMATIC)

_LONGEST_SUBJECT = 500
_LONGEST_BODY = 200_000
_LONGEST_TEXT = 50_000
# An absence note is short. A longer text says something besides.
_LONGEST_NOTE = 1000
_NOTE_BEGINS_WITHIN = 300

# Texts are compared in lower case and without accents, so every pattern below is written like that.
_ACCENTS = re.compile("[\u0300-\u036f]")
_SAME_CHARACTERS = str.maketrans(
	{"’": "'", "‘": "'", "`": "'", "\u200b": None, "\ufeff": None, "\u00ad": None}
)


def _any(*alternatives: str) -> str:
	return f"(?:{'|'.join(alternatives)})"


_DAEMON = re.compile(
	_any("mailer[-_. ]?daemon", "mail[-_. ]?daemon", "post[-_. ]?master", "microsoftexchange[0-9a-f]{20,40}")
	+ r"(?:[+=-].*)?"
)
_DAEMON_NAME = re.compile(r"[\s\"'(]*mail delivery (?:sub)?system")

_BRACKET = re.compile(
	r"\[[^\[\]]{0,60}\]|\([^()]{0,60}\)|【[^【】]{0,60}】|\{[^{}]{0,60}\}|\*{2,5}[^*]{1,40}\*{2,5}"
)
_TAG = re.compile(r"(?:external|extern|ext|外部邮件|外部郵件|外部)\s*:")
_PREFIX = re.compile(
	"(?:re|aw|antw|antwort|sv|vs|ref|rif|rep|resp|res|r|ynt|odp|fw|fwd|wg|tr|rv|vb|enc|i"
	r"|回复|回覆|答复|答覆|返信|转发|轉寄|轉發)\s*(?:[\[(^]?\d{1,3}[\])]?\s*)?:"
)

# What may follow a marker: "Automatic reply: …" and "Automatic reply" are one, "Automatic reply feature" is a product.
_END = r"(?=\s*(?:$|[:;!()\[\]【】/|~]|\.(?:\s|$))|\s+[-–—])"
_SINCE_OR_UNTIL = r"(?=\s+(?:until|till|from|through|bis|vom|von|ab|jusqu|du|hasta|desde|del|re|aw)\b|\s*\d)"

_ABSENT = re.compile(
	r"[\[(【<*\s]*"
	+ _any(
		_any(
			r"auto(?:mated|matic)?[- ]?(?:reply|replied|response|responder|answer)(?: message)?",
			r"(?:i am |i'm )?(?:currently )?out of (?:the |my )?office(?: (?:auto[- ]?reply|reply|message|notification|notice))?",
			r"out-of-office(?: (?:reply|message))?",
			r"vacation (?:auto[- ]?)?(?:reply|response|message|notice)",
			r"away (?:message|notice)",
			r"(?:系统|系統|邮件|郵件|休假|外出|出差|离职|離職)?(?:自动|自動)(?:回复|回覆|答复|答覆|应答|回信|返信|応答)",
			r"(?:休假|外出|出差|度假)(?:回复|回覆|通知)",
			r"(?:本人|我)?(?:目前|现在)?不在(?:办公室|辦公室)",
			r"abwesenheit(?:s?[- ]?(?:notiz|meldung|nachricht|benachrichtigung|info|assistent|agent))?",
			r"(?:automatische|automatisierte) (?:antwort|abwesenheitsnotiz|ruckmeldung)",
			r"(?:ich bin )?(?:derzeit )?nicht im (?:buro|hause?)",
			r"(?:reponse|message) automatique(?: d'absence)?",
			r"message d'absence",
			r"absen(?:ce|te?) du bureau",
			r"respuesta automatica",
			r"fuera de (?:la )?oficina",
			r"mensaje de ausencia",
			r"risposta automatica",
			r"fuori (?:sede|ufficio)",
			r"(?:resposta automatica|fora do escritorio)",
			r"(?:automatisch antwoord|afwezig(?:heidsbericht)?)",
			r"(?:autosvar|automatiskt svar|automatisk svar)",
			r"(?:автоответ|автоматический ответ)",
			r"automatyczna odpowiedz",
		)
		+ _any(_END, _SINCE_OR_UNTIL),
		# "Auto:" alone is about cars as often as not; before a reply prefix it is a machine's.
		r"auto\s*:\s*(?=(?:re|aw|fw|fwd|sv|回复|回覆|答复)\s*:)",
	)
)

# A bounce that says "mail". The second list may be about a parcel as well.
_BOUNCED = re.compile(
	r"[\[(【<*\s]*"
	+ _any(
		r"undelivered (?:mail|message|e-?mail)(?: returned to sender)?",
		r"undeliverable (?:mail|message|e-?mail)",
		r"(?:your )?(?:mail|message|e-?mail) (?:is |was )?(?:undeliverable|undelivered|not delivered|returned|rejected)",
		r"(?:your )?(?:mail|message|e-?mail) delivery (?:has )?(?:failed|failure|error)",
		r"(?:your )?(?:mail|message|e-?mail) (?:could not|couldn't|cannot) be delivered",
		r"mail delivery (?:sub)?system(?: error)?",
		r"delivery (?:status )?notification\s*[(:]?\s*fail(?:ure|ed)\)?",
		r"delivery failure, [^:]{1,80}",
		r"returned (?:mail|e-?mail)(?: to sender)?",
		r"failure notice",
		r"mail system error(?: - returned mail)?",
		r"non-?delivery (?:report|notification|receipt|notice)",
		r"(?:系统|系統|邮件|郵件|自动|自動)?退信(?:通知|提醒|报告|報告|提示)?",
		r"来自[^\s的]{1,80}的退信",
		r"(?:您|你)?的?(?:邮件|郵件)(?:被|已被|已)?(?:系统)?退回(?:通知)?",
		r"(?:您|你)?的?(?:邮件|郵件)(?:投递|投遞|发送|發送|传送)失败(?:通知|提醒)?",
		r"(?:您|你)?的?(?:邮件|郵件)(?:无法|無法|未能|未)(?:成功)?(?:送达|送達|投递|投遞|传递|傳遞|发送)(?:通知)?",
		r"unzustellbare (?:nachricht|e-?mail|mail)",
		r"unzustellbarkeits(?:bericht|meldung|nachricht)",
		r"(?:ihre |die )?(?:e-?mail|mail|nachricht)[- ]?(?:konnte |wurde )?nicht zugestellt(?: werden)?",
		r"(?:e-?mail|mail|nachrichten)[- ]?zustellung (?:ist )?fehlgeschlagen",
		r"fehler bei der (?:nachrichten|mail|e-mail-)zustellung",
		r"message non (?:remis|distribue|delivre)",
		r"mensaje no entregado",
	)
	+ _END
)
_UNDELIVERED = re.compile(
	r"[\[(【<*\s]*"
	+ _any(
		r"undeliver(?:able|ed)",
		r"delivery (?:has )?(?:failed|failure|error|unsuccessful)",
		r"delivery status notification",
		r"(?:投递|投遞|发送|發送|传递|傳遞)(?:失败|失敗)(?:通知|提醒)?",
		r"(?:无法|無法|未能|未)(?:送达|送達|投递|投遞|传递|傳遞)",
		r"(?:unzustellbar|nicht zustellbar|nicht zugestellt|zustellung fehlgeschlagen)",
		r"(?:non remis|remise impossible|echec de (?:la )?(?:remise|livraison))",
		r"(?:no se puede entregar|no se pudo entregar|no entregado|entrega fallida)",
		r"(?:non recapitabile|onbestelbaar|nao entregue|kan inte levereras)",
	)
	+ _END
)
_DELAYED_MAIL = re.compile(
	r"[\[(【<*\s]*"
	+ _any(
		r"delivery (?:status )?notification\s*[(:]?\s*(?:delay|success|relay|expan)",
		r"report domain:",
		r"(?:delayed mail|mail (?:delivery )?delayed|message (?:delivery )?delayed)\b",
		r"warning: (?:could not send message|message .{1,60} delayed|message delayed)",
		r"successful mail delivery report",
		r"(?:邮件|郵件)(?:投递|发送|传递|送达)?(?:延迟|延遲|延误)" + _END,
		r"(?:nachrichten|mail)[- ]?zustellung verzogert" + _END,
		r"(?:read|return) receipt" + _END,
		r"(?:邮件|郵件)?(?:已读|已讀|阅读)(?:回执|回條|收条)" + _END,
		r"(?:lesebestatigung|empfangsbestatigung|ubermittlungsbestatigung)" + _END,
		r"(?:accuse de (?:lecture|reception)|confirmacion de lectura)" + _END,
		r"disposition notification",
	)
)
# Outlook's receipts and delays begin with one word and a colon, as a person's subject may.
_RECEIPT = re.compile(
	_any(
		r"(?:read|not read|delivered|relayed|delayed|delivery delayed|delivery incomplete)",
		r"(?:gelesen|nicht gelesen|ungelesen|zugestellt|verzogert|zustellung verzogert|zustellverzogerung)",
		r"(?:lu|non lu|remis|remise retardee|leido|no leido|entregado|entrega retrasada)",
		r"(?:已读|已讀|未读|未讀|已送达|已送達|延迟|延遲|(?:投递|传递|发送|送达)(?:已)?延迟)",
	)
	+ r"\s*(?::|$)"
)

_BOUNCE_WORDS = re.compile(
	_any(
		r"(?<![.\d])5\.[0-7]\.\d{1,3}(?![.\d])",
		r"\b55[0-4][ -]",
		r"\b(?:smtp|mailbox|user unknown|unknown user|unrouteable|mailer-daemon|permanent error)\b",
		r"(?:message|e-?mail|mail)\b.{0,80}(?:could not|couldn't|cannot|can't) be delivered",
		r"(?:message|e-?mail|mail)\b.{0,80}(?:wasn't|was not|not been) delivered",
		r"(?:nachricht|e-?mail)\b.{0,80}nicht zugestellt",
		r"(?:邮件|郵件).{0,40}(?:退回|退信|无法|無法|未能|失败)|退信|邮箱不存在|收件人.{0,8}不存在",
		r"(?:message|courriel|e-?mail)\b.{0,80}n'a pas pu etre (?:remis|distribue|livre)",
		r"(?:mensaje|correo)\b.{0,80}no se (?:pudo|puede|ha podido) entregar",
	)
)
_AUTOMATIC_WORDS = re.compile(
	_any(
		r"(?:message|e-?mail|mail)\b.{0,300}(?:was|were|has been) (?:read|opened|displayed|delivered|deleted|relayed)",
		r"(?:return|read|delivery) receipt|disposition",
		r"(?:nachricht|e-?mail)\b.{0,300}(?:gelesen|geloscht|zugestellt|verzoger)|lesebestatigung",
		r"message\b.{0,300}a ete (?:lu|remis|supprime)|accuse de (?:lecture|reception)",
		r"mensaje\b.{0,300}(?:ha sido|fue|se ha) (?:leido|entregado|eliminado)",
		r"(?:邮件|郵件).{0,100}(?:阅读|閱讀|已读|已讀|查看|送达|延迟|延遲)|回执|收条",
	)
)
_STILL_TRYING = re.compile(
	_any(
		r"(?:this is a )?warning (?:message )?only|do not need to resend|still being retried",
		r"(?:will|to) (?:be retried|retry|keep trying|continue (?:to try|trying))|temporary problem delivering",
		r"(?:has|been|is|was) (?:not yet been delivered|delayed)|zustellung .{0,40}verzoger|继续尝试|稍后重试|投递延迟",
	)
)
_GIVEN_UP = re.compile(r"\b(?:5\.\d\.\d+|permanent|failed permanently|given up|giving up|gave up)\b|退信")

# What somebody says who is away, and what a machine says of itself.
_AWAY = re.compile(
	_any(
		r"\b(?:i am|i'm|we are|we're|i will be|i'll be) (?:\w+ ){0,2}(?:out of|away from|not in) (?:the |my )?(?:office|desk)",
		r"\b(?:i am|i'm|i will be|i'll be) (?:\w+ )?on (?:\w+ )?(?:leave|vacation|holidays?|business trip)\b",
		r"\b(?:automatic|automated|auto)[- ]?(?:generated )?(?:reply|response|answer)\b",
		r"limited access to (?:my )?e-?mails?|\bupon my return\b|when i return",
		r"\bnicht (?:im (?:buro|hause?)|erreichbar|am platz)\b|\bim urlaub\b|\babwesend\b|\bausser haus\b|elternzeit",
		r"automatische (?:antwort|nachricht)|automatisch (?:erstellt|generiert|versendet)",
		r"不在(?:办公室|辦公室|公司)|休假|出差|外出|度假|自动回复|自動回覆|自动答复",
		r"\b(?:absente?|en conges?|en vacances|hors du bureau)\b|reponse automatique",
		r"fuera de (?:la )?oficina|\bde vacaciones\b|\bausente\b|respuesta automatica",
		r"fuori (?:sede|ufficio)|in ferie|fora do escritorio|de ferias|op vakantie|niet op kantoor|afwezig",
	)
)
# The same said in so many words that no subject is needed: now, or with a date of return.
_AWAY_FOR_SURE = re.compile(
	_any(
		r"\b(?:i am|i'm|we are|we're) (?:currently|presently|at present|at the moment) "
		+ _any(r"out of (?:the |my )?office", "not in the office", r"away from (?:the|my) (?:office|desk)")
		+ r"\b",
		r"\b(?:i am|i'm) (?:currently |presently )?on (?:\w+ )?(?:leave|vacation|holidays?|a business trip)\b.{0,60}"
		+ _any(r"\b(?:until|till|through|return|returning|back on)\b", "limited access", "no access"),
		r"\b(?:i am|i'm|i will be|i'll be) (?:\w+ )?out of (?:the |my )?office\b.{0,80}"
		+ _any(
			"limited access",
			"no access",
			r"\breturning\b",
			r"\breturn on\b",
			r"\bback on\b",
			"urgent",
			r"\bimmediate",
		),
		r"\bthis is an (?:automatic|automated|auto)[- ]?(?:generated )?(?:reply|response|out of office)\b",
		r"\bich bin (?:derzeit|zurzeit|zur zeit|momentan|aktuell|im moment|bis|vom|ab|von)\b.{0,60}"
		+ _any(r"nicht (?:im (?:buro|hause?)|erreichbar|am platz)", "im urlaub", "abwesend", "ausser haus"),
		r"\b(?:derzeit|zurzeit|zur zeit|momentan|aktuell) bin ich (?:\w+ ){0,2}"
		+ _any(r"nicht (?:im (?:buro|hause?)|erreichbar)", "im urlaub", "abwesend", "ausser haus"),
		r"(?:我|本人)(?:目前|现在|現在)(?:正在|正)?(?:不在(?:办公室|辦公室|公司)|休假|出差|外出|度假)",
		r"(?:我|本人)(?:正在|正)(?:休假|度假)",
		r"本人(?:因|已|将|于|自|从|\d|月|日|至|到|起)*(?:休假|不在(?:办公室|辦公室|公司)|外出|出差)",
		r"(?:休假|出差|外出|不在(?:办公室|辦公室)).{0,40}(?:无法|無法|不能)(?:及时|及時|立即)",
		r"(?:这是|此邮件为|本邮件为|此为|這是)(?:一封|系统)?(?:自动|自動)(?:回复|回覆|答复)",
		r"\b(?:je suis|nous sommes) (?:actuellement|presentement|en ce moment) "
		+ _any("absente?s?", "en conges?", "en vacances", "en deplacement", "hors du bureau"),
		r"\bje suis (?:absente?|en conges?|en vacances) (?:du bureau )?(?:jusqu|du \d|de retour|et serai)",
		r"\b(?:actualmente (?:estoy|me encuentro)|(?:estoy|me encuentro) actualmente) "
		+ _any("fuera de (?:la )?oficina", "de vacaciones", "de viaje", "ausente"),
		r"\b(?:estoy|me encuentro) (?:fuera de (?:la )?oficina|de vacaciones|ausente) (?:hasta|del|desde)\b",
		r"\bsono attualmente (?:fuori (?:sede|ufficio)|in ferie|assente)",
		r"\b(?:estou atualmente|atualmente estou) (?:fora do escritorio|de ferias|ausente)",
		r"\bik ben (?:momenteel|op dit moment) (?:niet op kantoor|afwezig|op vakantie|niet aanwezig)",
	)
)
# A machine does not ask, object or speak of the offer.
_PERSON = re.compile(
	_any(
		r"\?",
		r"\b(?:but|however),? (?!(?:i |we )?(?:will|'ll|shall|have|am|can be|may))",
		r"\b(?:offer|quot(?:e|es|ation)|proposal|price|contract|samples?|order|invoice|demo|meet|let's|let us)\b",
		r"\b(?:sounds|looks) good\b|\bgo ahead\b|\bplease (?:send me|send us|call me|proceed|share|sign)\b|\bsign\b",
		r"\b(?:aber|jedoch|angebot|preis|vertrag|muster|bestell\w*|termin|rechnung)\b",
		r"\b(?:konnen wir|konnen sie mir|rufen sie mich)\b",
		r"但|不过|不過|报价|報價|合同|样品|订单|方案|价格|价钱|开会|会议|见面|回电|能否|可否|请发|发我|发给我",
		r"\b(?:mais|offre|devis|contrat|commande|rendez-vous|pouvez-vous)\b",
		r"\b(?:pero|oferta|cotizacion|propuesta|contrato|pedido|reunion|podemos)\b",
	)
)
_URL = re.compile(r"(?:https?://|www\.)\S{1,2000}")

_QUOTED = re.compile(
	_any(
		">",
		r"[-_=*\s]{2,}(?:original|urspr|forwarded|weitergeleitet|原始邮件|原始郵件|转发|message d'origine|mensaje original)",
		"_{8,}",
		r"\*?(?:from|von|de|da|van|发件人|發件人|寄件者|寄件人)\s*:",
		r"on .{6,250}\bwrote\s*:",
		r"am .{6,250}\bschrieb\b",
		r"le .{6,250}\ba ecrit\s*:",
		r"el .{6,250}\bescribio\s*:",
		r".{0,250}(?:写道|寫道)\s*:",
	)
)
# Frappe's stand-in where a mail had no text.
_BLANK = "[blank email]"


def kind_of_received(subject: str | None, sender: str | None, body: str | None = "") -> str:
	"""What a received mail is: a reply, an out-of-office answer, a bounce or another automatic mail (F4).

	The subject decides by how it begins. Behind "Re:" the same words may be a person's who answers the machine,
	and some words mean parcels as well as mails: then the body has to agree, or to say nothing. The body by itself
	makes only an out-of-office answer, a short one that says so outright. Only a mail daemon is never a reply.
	"""
	daemon = _is_daemon(sender)
	text = _text(body)
	for beginning, answered in _beginnings(_plain((subject or "")[:_LONGEST_SUBJECT])):
		if _BOUNCED.match(beginning):
			return BOUNCE if daemon or not answered else REPLY
		if _DELAYED_MAIL.match(beginning):
			return AUTOMATIC if daemon or not answered else REPLY
		if _ABSENT.match(beginning):
			return OUT_OF_OFFICE if daemon or not answered or _may_be_note(text) else REPLY
		if _RECEIPT.match(beginning):
			return AUTOMATIC if daemon or (not answered and _agrees(_AUTOMATIC_WORDS, text)) else REPLY
		if _UNDELIVERED.match(beginning) and not (daemon and _is_delay(text)):
			return BOUNCE if daemon or (not answered and _agrees(_BOUNCE_WORDS, text)) else REPLY
	if daemon:
		return AUTOMATIC if _is_delay(text) else BOUNCE
	return OUT_OF_OFFICE if _is_note(text) else REPLY


def _plain(text: str) -> str:
	"""A text as the patterns have it: lower case, half width, no accents, single spaces."""
	text = unicodedata.normalize("NFKC", text.translate(_SAME_CHARACTERS)).casefold()
	text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
	return " ".join(unicodedata.normalize("NFC", text).split())


def _beginnings(subject: str) -> Iterator[tuple[str, bool]]:
	"""The subject, and what is left of it behind each bracket and prefix; whether a reply prefix was among them."""
	answered = False
	for _ in range(20):
		yield subject, answered
		prefix = _PREFIX.match(subject)
		front = prefix or _BRACKET.match(subject) or _TAG.match(subject)
		if not front:
			return
		answered = answered or prefix is not None
		subject = subject[front.end() :].lstrip()


def _is_daemon(sender: str | None) -> bool:
	name, _, address = _plain((sender or "")[:_LONGEST_SUBJECT]).rpartition("<")
	return bool(
		_DAEMON.fullmatch(address.strip(" >\"'").partition("@")[0]) or _DAEMON_NAME.match(name or address)
	)


def _agrees(words: re.Pattern, text: str) -> bool:
	"""Whether the body bears a doubtful subject out, or has nothing to say."""
	text = _plain(text[:5000])
	return text in ("", _BLANK) or words.search(text) is not None


def _is_delay(text: str) -> bool:
	text = _plain(text[:2000])
	return _STILL_TRYING.search(text) is not None and not _GIVEN_UP.search(text)


def _may_be_note(text: str) -> bool:
	own = _own_words(text)
	return not own or (
		_AWAY.search(own[:_LONGEST_NOTE]) is not None and not _PERSON.search(own[:_LONGEST_NOTE])
	)


def _is_note(text: str) -> bool:
	own = _own_words(text)
	if len(own) > _LONGEST_NOTE or _PERSON.search(own):
		return False
	found = _AWAY_FOR_SURE.search(own)
	return found is not None and found.start() < _NOTE_BEGINS_WITHIN


def _own_words(text: str) -> str:
	"""What the sender wrote above the mail that is quoted, on one line; no more than tells that it is too much."""
	own: list[str] = []
	length = 0
	for line in text.splitlines():
		line = _plain(line[: 2 * _LONGEST_NOTE])
		if _QUOTED.match(line) or length > _LONGEST_NOTE:
			break
		if line and line != _BLANK:
			own.append(_URL.sub("", line))
			length += len(own[-1]) + 1
	return " ".join(own).strip()


_ADDRESS = re.compile(
	r"(?<![a-z0-9._%+'=-])([a-z0-9_%+'=-][a-z0-9._%+'=-]{0,63}@"
	"[a-z0-9\u00df-\u024f-]{1,63}(?:\\.[a-z0-9\u00df-\u024f-]{1,63}){1,8})"
)
_RECIPIENT_FIELD = re.compile(r"\s*(?:final-recipient|original-recipient|x-failed-recipients)\s*:")
_ACTION = re.compile(r"\s*action\s*:\s*(\w+)")
_HEADER = re.compile(
	r"\W*(?:to|an|à|a|para|cc|bcc|kopie|subject|betreff|objet|asunto|date|datum|sent|gesendet|from|von|de|sender|reply-to"
	r"|message-id|in-reply-to|references|return-path|received|主\s*题|收\s*件\s*人|抄\s*送|密\s*送|发\s*件\s*人|至|到|从)"
	r"(?:\s*/\s*[\w-]+)?\s*[::]|\W*(?:收\s*件\s*人|抄\s*送|密\s*送|发\s*件\s*人)\s"
)
_TO = re.compile(r"\W*(?:(?:to|an|à|a|para|至|到)\s*[::]|收\s*件\s*人(?:\s*/\s*to)?\s*[::\s])")
# Where the report ends and the mail that comes back begins; it names others, the sender first.
_RETURNED = re.compile(
	_any(
		r"\W*(?:from|von|de|return-path|received|dkim-signature)\s*:",
		r"\W*(?:original message|ursprungliche nachricht|this is a copy of|below this line is a copy|returned message)",
		r"\W*(?:(?:a )?copy of (?:the|your) message|included is a copy|unsent message below|message d'origine|mensaje original)",
		r"\W*(?:原始邮件|原邮件内容|郵件原文)",
	)
)
_NAMED_BEFORE = re.compile(
	_any(
		r"(?:deliver(?:ed|y)?|sent|send)(?: (?:your|the|this|a))?(?: (?:message|e-?mail|mail))? to(?: the following)?",
		r"(?:message|e-?mail|mail)(?: you sent)? (?:to|for)(?: recipient)?",
		r"\b(?:rcpt to|recipients?|address(?:es)?|user|mailbox|account|reach)",
		r"(?:nachricht|mail|zustellung) an|\b(?:empfanger|adresse|an die adresse)",
		r"(?:无法|無法|未能)?(?:发送|發送|投递|投遞|送达|送達|发|寄)(?:到|往|至|给|給)|(?:地址|用户|收件人|收件地址)",
		r"(?:message|courriel|e-?mail|remis|envoye) (?:a|pour)|\b(?:destinataires?|destinatarios?)",
		r"(?:mensaje|correo|entregar|enviado) (?:a|para)",
		r"\b[45]\d\d[ -](?:#?[45]\.\d{1,3}\.\d{1,3})?",
	)
	+ r"[\s<>\"'(:\[]*$"
)
_NOT_NAMED_BEFORE = re.compile(
	_any(
		r"\b(?:please send|write|forward|contact|questions?|from|by|by sender|sender|absender|von|wenden sie sich)\b"
		r"(?: (?:an?|e-?mail|mail|message|it|us|me|to|your|the|administrator|address|bitte|the following))*",
		r"(?:账号|帐号|賬號|发件人|发送者|联系|聯繫|咨询|管理员)",
		r"message-id",
	)
	+ r"[\s<>\"'(:\[]*$"
)
_SENDER_AFTER = re.compile(r"[>\"':.)\s]{0,6}(?:sender|absender|发送的|發送的)")


def failed_addresses(body: str | None) -> list[str]:
	"""Addresses a bounce names as not reached, in order, lower case, without duplicates, without the daemon's own.

	The report's fields for machines count first, then what it tells the reader, then whom the returned mail was
	for. With several recipients there and no word which of them failed, none is named.
	"""
	lines = _text(body).lower().splitlines()
	return list(dict.fromkeys(_in_fields(lines) or _in_report(lines) or _in_returned_mail(lines)))


def _addresses(line: str) -> Iterator[tuple[str, re.Match]]:
	for found in _ADDRESS.finditer(line):
		address = found[1].strip("'").rstrip("-'")
		if not _DAEMON.fullmatch(address.partition("@")[0]):
			yield address, found


def _in_fields(lines: list[str]) -> list[str]:
	failed: list[str] = []
	pending: list[str] = []
	for line in lines:
		if _RECIPIENT_FIELD.match(line):
			pending += [address for address, _ in _addresses(line)]
		elif action := _ACTION.match(line):
			# A report may name those it did reach, or still tries to.
			failed += pending if action[1] == "failed" else []
			pending = []
	return failed + pending


def _in_report(lines: list[str]) -> list[str]:
	named: list[str] = []
	others: list[str] = []
	above = ""
	for line in lines:
		if _RETURNED.match(_plain(line[:200])):
			break
		if not line.strip() or _HEADER.match(line):
			continue
		for address, found in _addresses(line):
			before = _plain(above[-80:] + "\n" + line[max(0, found.start() - 80) : found.start()])
			if _NOT_NAMED_BEFORE.search(before) or _SENDER_AFTER.match(line, found.end()):
				continue
			opens = not line[: found.start()].strip(" \t<>\"'([*•·-")
			(named if opens or _NAMED_BEFORE.search(before) else others).append(address)
		above = line
	return named or (others if len(set(others)) == 1 else [])


def _in_returned_mail(lines: list[str]) -> list[str]:
	for line in lines:
		if _TO.match(line):
			found = [address for address, _ in _addresses(line)]
			# A list that goes on in the next line has more than one.
			return found if len(set(found)) == 1 and not line.rstrip().endswith((",", ";")) else []
	return []


_HTML = re.compile(
	r"<(?:html|body|head|div|p|br|hr|span|table|tr|td|pre|font|b|i|a|ul|li|meta|blockquote|h[1-6])\b", re.I
)
_HIDING = re.compile(r"<(?:style|script|title)\b|</(?:style|script|title)\s*>|<!--|-->", re.I)
_DECLARATION = re.compile(r"<[!?][^<>]{0,200}>|<[!?]")
_ELEMENT = re.compile(r"(</?[a-zA-Z][^<>]*>)")
_LONGEST_ELEMENT = 2000
# Not a tag, though it looks like one, and a number too long to be a character's.
_ANGLE_ADDRESS = re.compile(r"<([^<>\s@]{1,64}@[^<>\s@]{1,255})>")
_NO_CHARACTER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")
_BREAKS = frozenset(
	"address article blockquote br center dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre table tr ul".split()
)
_QUOTE = re.compile(r"gmail_quote|gmail_attr|divrplyfwdmsg|appendonsend|moz-cite-prefix|yahoo_quoted", re.I)


def _text(body: str | None) -> str:
	"""The text of a body in HTML or not, one line for each the reader sees; quoted mail begins with ">"."""
	raw = _NO_CHARACTER.sub("\ufffd", _ANGLE_ADDRESS.sub(r"&lt;\1&gt;", (body or "")[:_LONGEST_BODY]))
	if not _HTML.search(raw):
		return html.unescape(raw[:_LONGEST_TEXT])
	reader = _Reader()
	for i, piece in enumerate(_ELEMENT.split(_DECLARATION.sub(" ", _shown(raw)))):
		# One tag at a time: what the parser cannot end, it would look for through all of the text, tag after tag.
		if i % 2 == 0:
			reader.handle_data(html.unescape(piece))
		elif len(piece) <= _LONGEST_ELEMENT:
			reader.feed(piece)
			reader.reset()
	return "".join(reader.parts)[:_LONGEST_TEXT]


def _shown(raw: str) -> str:
	"""HTML without style sheets, scripts and comments; one that is never closed hides nothing."""
	shown = []
	start, end = 0, ""
	for token in _HIDING.finditer(raw):
		word = token[0].lower()
		if not end and word != "-->" and not word.startswith("</"):
			shown.append(raw[start : token.start()])
			start, end = token.end(), "-->" if word == "<!--" else f"</{word[1:]}"
		elif end and word.startswith(end):
			start, end = token.end(), ""
	return "".join(shown) + raw[start:]


class _Reader(HTMLParser):
	def __init__(self) -> None:
		super().__init__(convert_charrefs=True)
		self.parts: list[str] = []
		self.preformatted = False

	def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
		quoted = any(name in ("class", "id") and _QUOTE.search(value or "") for name, value in attrs)
		if tag == "blockquote" or quoted:
			self.parts.append("\n>")
		if tag in _BREAKS:
			self.parts.append("\n")
		elif tag in ("td", "th"):
			self.parts.append(" ")
		self.preformatted = self.preformatted or tag == "pre"

	def handle_endtag(self, tag: str) -> None:
		if tag in _BREAKS:
			self.parts.append("\n")
		if tag == "pre":
			self.preformatted = False

	def handle_data(self, data: str) -> None:
		self.parts.append(data if self.preformatted else re.sub(r"\s+", " ", data))
