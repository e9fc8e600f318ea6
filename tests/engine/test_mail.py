"""What a received mail is (F4), told by subject, sender and body as ERPNext keeps them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesflow_std.engine import mail

PERSON = "Li Wei <li.wei@example.com>"
checked = settings(deadline=None, max_examples=150)

DAEMONS = [
	"mailer-daemon@example.com",
	"MAILER-DAEMON@mx1.example.com",
	"Mail Delivery System <MAILER-DAEMON@example.com>",
	'"Mail Delivery Subsystem" <mailer-daemon@googlemail.com>',
	"Postmaster@163.com",
	"postmaster@Example.COM",
	"PostMaster <PostMaster@qq.com>",
	"MailerDaemon@example.com",
	"MAILER-DAEMON",
	"<>MAILER-DAEMON@example.com",
	"MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.onmicrosoft.com",
	"Mail Delivery System <no-reply@example.com>",
	"mailer-daemon+li=example.com@us.example",
]

AUTO_REPLIES = [
	"Automatic reply: Quotation SAL-QTN-2026-00012",
	"automatic reply: Quotation",
	"Automatic reply",
	"Automatic Reply from Li Wei: Quotation",
	"Automatic Response: Quotation",
	"AutoReply: Quotation",
	"Autoreply",
	"Auto-Reply: I'm out of office.",
	"Auto reply: Quotation",
	"Auto: Re: Quotation",
	"Auto: AW: Angebot",
	"Automated reply",
	"Out of Office",
	"Out of office: Quotation",
	"Out of Office AutoReply: Quotation",
	"Out Of Office Re: Quotation",
	"Out of the office until 5 January",
	"Out of office 12.08. - 20.08.",
	"Out-of-Office Reply: Quotation",
	"I'm out of the office until Monday",
	"I am currently out of office",
	"Vacation auto-reply",
	"[External] Automatic reply: Quotation",
	"[EXT] [Spam?] Automatic reply: Quotation",
	"EXTERNAL: Automatic reply: Quotation",
	"[Autoreply] Quotation",
	"Automatic reply: Re: Undeliverable: Quotation",
	"自动回复：报价单",
	"自动回复: Re: Quotation",
	"自动回复",
	"[自动回复]报价单",
	"【自动回复】报价单",
	"自动答复:  回复:  报价",
	"自動回覆: 報價單",
	"系统自动回复：报价单",
	"休假自动回复",
	"休假回复：报价单",
	"【外部邮件】自动回复：报价单",
	"Abwesenheitsnotiz",
	"Abwesenheitsnotiz: Angebot 4711",
	"Abwesenheit: Angebot",
	"Abwesenheit bis 12.08.",
	"Abwesenheitsmeldung",
	"Automatische Antwort: Angebot",
	"Réponse automatique : Devis",
	"Réponse automatique: Devis",
	"Re\u0301ponse automatique : Devis",
	"REPONSE AUTOMATIQUE",
	"Absence du bureau : Devis",
	"Message d’absence",
	"Respuesta automática: Cotización",
	"Fuera de la oficina",
	"Risposta automatica: Offerta",
	"Automatisch antwoord: Offerte",
	"Automatiskt svar: Offert",
	"Ａｕｔｏｍａｔｉｃ　ｒｅｐｌｙ：Quotation",
	"Automatic\u00a0reply: Quotation",
]

ANSWERED_AUTO_REPLIES = [
	"Re: Automatic reply: Quotation",
	"RE: Out of Office: Quotation",
	"AW: Automatische Antwort: Angebot",
	"WG: AW: Abwesenheitsnotiz",
	"回复: 自动回复: 报价单",
	"回复：自动回复：报价单",
	"TR : Réponse automatique : Devis",
	"RV: Respuesta automática: Cotización",
	"Re[2]: Automatic reply: Quotation",
	"[External] Re: [EXT] Automatic reply: Quotation",
]

BOUNCES = [
	"Undelivered Mail Returned to Sender",
	"Undeliverable mail",
	"Mail delivery failed: returning message to sender",
	"Mail delivery failed",
	"Mail Delivery Failure",
	"Delivery Status Notification (Failure)",
	"Delivery Notification: Failure",
	"Returned mail: see transcript for details",
	"Returned mail: User unknown",
	"failure notice",
	"Message undeliverable: Quotation",
	"Non-Delivery Report",
	"[External] Undelivered Mail Returned to Sender",
	"退信",
	"系统退信",
	"系统退信/The email is returned",
	"退信通知：报价单",
	"[退信] 收件人不存在:user not exist",
	"【退信】邮件无法投递: 报价单",
	"来自qq.com的退信",
	"[Qmail] 来自qq.com的退信",
	"邮件未能送达：报价单",
	"邮件无法送达",
	"您的邮件被退回",
	"邮件投递失败：报价单",
	"邮件发送失败通知",
	"郵件無法傳遞",
	"Unzustellbare Nachricht",
	"Unzustellbarkeitsbericht",
	"Ihre E-Mail konnte nicht zugestellt werden",
	"Mail-Zustellung fehlgeschlagen",
	"Message non distribué",
]

# A mail or a parcel: the body has to agree.
DOUBTFUL_BOUNCES = [
	"Undeliverable: Quotation",
	"Undeliverable: Automatic reply: Quotation",
	"Delivery failed",
	"Delivery has failed: Quotation",
	"DELIVERY FAILURE: User li.wei not listed in directory",
	"投递失败：报价单",
	"无法送达: 报价单",
	"无法传递: 报价单",
	"未送达: 报价单",
	"Unzustellbar: Angebot",
	"Nicht zugestellt: Angebot",
	"Zustellung fehlgeschlagen",
	"Non remis : Devis",
	"No se puede entregar: Cotización",
]

DELAYS_AND_RECEIPTS = [
	"Delivery Status Notification (Delay)",
	"Delivery Status Notification (Success)",
	"Delayed Mail (still being retried)",
	"Warning: could not send message for past 4 hours",
	"Warning: message 1rAbCd-0003Xy-Qz delayed 24 hours",
	"Mail delivery delayed",
	"Delivery delayed: Quotation",
	"Successful Mail Delivery Report",
	"Report domain: us.example Submitter: example.com Report-ID: 1",
	"邮件延迟",
	"邮件投递延迟：报价单",
	"延迟: 报价单",
	"Verzögert: Angebot",
	"Zustellung verzögert: Angebot",
	"Remise retardée : Devis",
	"Read: Quotation",
	"Not read: Quotation",
	"READ: Quotation",
	"[External] Read: Quotation",
	"已读: 报价单",
	"已读回执：报价单",
	"未读：报价单",
	"Read receipt",
	"Return Receipt (displayed) - Quotation",
	"Gelesen: Angebot",
	"Nicht gelesen: Angebot",
	"Lesebestätigung",
	"Lu : Devis",
	"Leído: Cotización",
]

REPLIES = [
	"Quotation",
	"Re: Quotation",
	"AW: Angebot",
	"回复：报价单",
	"Fwd: Quotation",
	"",
	"   ",
	"No Subject",
	"Re:",
	"Re: your out of office policy project",
	"Re: Out of office policy project",
	"Out of office furniture",
	"Auto-reply feature: what does it cost",
	"Automatic reply feature",
	"Re: Automatic doors: quotation",
	"Auto: parts quotation",
	"Auto: 汽车配件报价",
	"Re: Auto: parts quotation",
	"Autoteile: Anfrage",
	"自动回复功能报价",
	"自动回复机器人询价",
	"自动化设备报价",
	"关于退信的问题",
	"退信了怎么办",
	"Urlaub: Angebot für Gruppenreise",
	"Abwesenheitsverwaltung: Angebot",
	"Failure analysis report",
	"Delivery failed parts, please advise",
	"Delivery terms",
	"Delayed shipment of order 12",
	"Re: Delivery delayed: order 12",
	"Ready: your samples",
	"Reading: the contract",
	"Re: Read: Quotation",
	"Re: Undeliverable: Quotation",
	"Fwd: Undelivered Mail Returned to Sender",
	"Re: Delivery failed",
	"转发: 系统退信",
	"回复: 延迟: 报价单",
	"Accepted: Call on Tuesday",
	"Zugesagt: Termin",
	"Ticket #4711 received",
	"Automatically generated list of parts",
	"Returned goods",
]

ABSENCE_NOTES = [
	"I am currently out of the office.",
	"Hello,\n\nI am currently out of the office and will be back on 5 January.\n\nFor urgent matters contact Zhang.\n\nLi",
	"Thank you for your email. I’m currently out of the office with limited access to email, but will reply on my return.",
	"I am on annual leave until 12 August.",
	"I will be out of the office from 1 to 5 May with limited access to my e-mail.",
	"I will be out of the office from 1 to 5 May. For immediate assistance contact Zhang.",
	"This is an automatic reply. I am away.",
	"<p>I am currently&nbsp;<b>out of the office</b>.</p>",
	"<style>p {color: red}</style><div>I am currently out<br>of the office.</div>",
	"我目前不在办公室，如有急事请联系张经理。",
	"您好！本人休假，8月12日返回。",
	"您好，本人因出差不在办公室，回来后尽快回复。",
	"我正在休假，无法及时回复您的邮件。",
	"<div>您好，我现在出差，无法及时回复邮件，见谅。</div>",
	"您好，此邮件为自动回复，我会尽快处理。",
	"Guten Tag,\n\nich bin derzeit nicht im Büro. In dringenden Fällen wenden Sie sich an Frau Müller.",
	"Vielen Dank für Ihre Nachricht. Ich bin bis zum 12.08. nicht erreichbar.",
	"Momentan bin ich leider nicht im Haus.",
	"Bonjour, je suis actuellement absente. Je vous répondrai à mon retour.",
	"Actualmente estoy de vacaciones. Responderé a mi regreso.",
]

# Nothing of these may be taken for a machine's, whatever the words.
HUMAN_TEXTS = [
	"I will be out of office next week but let's meet on Monday.",
	"I am out of office next week, can we talk on Tuesday?",
	"I am currently out of the office. Please go ahead with the order.",
	"I'm currently out of the office, but your offer looks good.",
	"Currently we have no office in Berlin.",
	"I was out of the office last week, sorry for the late answer.",
	"Thanks, received.",
	"收到，谢谢！",
	"您好，您的邮件已收到，我会尽快回复。",
	"我目前不在办公室，报价单请发我微信。",
	"我出差回来再看。",
	"下周我休假，合同这周签吧。",
	"贵公司的自动回复功能可以演示吗",
	"Ich bin nächste Woche im Urlaub, danach melde ich mich.",
	"Ich bin derzeit nicht im Büro, aber das Angebot passt.",
	"Je suis actuellement en déplacement mais votre offre m'intéresse.",
	"Estoy de vacaciones, pero podemos hablar el lunes.",
	"Sounds fine.\n\nOn Mon, 3 Aug 2026 at 10:00, Sales <us@us.example> wrote:\n> I am currently out of the office.",
	"Fine.\n\n-----Original Message-----\nFrom: Sales\nI am currently out of the office.",
	"好的。\n\n------------------ 原始邮件 ------------------\n我目前不在办公室。",
	"好的\n在 2026-08-03 10:00:00，\"Sales\" <us@us.example> 写道：\n我目前不在办公室。",
	"<div>Fine.</div><div class='gmail_quote'>I am currently out of the office.</div>",
	"<div>Fine.</div><blockquote>I am currently out of the office.</blockquote>",
	"Passt.\n\nVon: Vertrieb\nGesendet: Montag\nIch bin derzeit nicht im Büro.",
	"We discussed the machine and its parts at length. " * 7 + "I am currently out of the office.",
	"I am currently out of the office. " + "We have read it all with care. " * 40,
]  # fmt: skip


class TestBouncesOfF4:
	@pytest.mark.parametrize("sender", DAEMONS)
	@pytest.mark.parametrize("subject", ["Quotation", "Re: Quotation", "", None, "Undeliverable: Quotation"])
	def test_what_a_daemon_sends(self, sender, subject):
		assert mail.kind_of_received(subject, sender) == mail.BOUNCE

	@pytest.mark.parametrize(
		"sender",
		[
			PERSON,
			"postmaster.wang@example.com",
			"daemon@example.com",
			"li@postmaster.example.com",
			"li@mailer-daemon.example",
			"postmastery@example.com",
			"noreply@example.com",
			"",
			None,
			"<",
			"@",
		],
	)
	def test_who_is_no_daemon(self, sender):
		assert mail.kind_of_received("Re: Quotation", sender, "Fine.") == mail.REPLY

	@pytest.mark.parametrize("body", ["", None, "Who knows what it says.", "<p>Who knows</p>"])
	@pytest.mark.parametrize("subject", BOUNCES)
	def test_subjects(self, subject, body):
		assert mail.kind_of_received(subject, "noreply@example.com", body) == mail.BOUNCE

	@pytest.mark.parametrize("subject", DOUBTFUL_BOUNCES)
	def test_subjects_that_may_mean_a_parcel(self, subject):
		def kind(body, sender="noreply@example.com"):
			return mail.kind_of_received(subject, sender, body)

		assert kind("") == kind("[Blank Email]") == mail.BOUNCE
		assert kind("550 5.1.1 <li@example.com>: no such user") == mail.BOUNCE
		assert kind("<p>Your message to li@example.com couldn't be delivered.</p>") == mail.BOUNCE
		assert kind("很抱歉，您的邮件被退回") == mail.BOUNCE
		assert kind("Ihre Nachricht an li@example.com konnte nicht zugestellt werden.") == mail.BOUNCE
		assert kind("The truck stood before a closed gate. Please call us.") == mail.REPLY
		assert kind("The truck stood before a closed gate.", "postmaster@example.com") == mail.BOUNCE

	@pytest.mark.parametrize("prefix", ["Re: ", "AW: ", "Fwd: ", "回复：", "转发: ", "[EXT] Re: "])
	@pytest.mark.parametrize("subject", BOUNCES + DOUBTFUL_BOUNCES)
	def test_a_person_who_passes_one_on_is_a_person(self, subject, prefix):
		assert mail.kind_of_received(prefix + subject, PERSON, "") == mail.REPLY
		assert mail.kind_of_received(prefix + subject, DAEMONS[0], "") == mail.BOUNCE


class TestOutOfOfficeOfF4:
	@pytest.mark.parametrize(
		"sender", [PERSON, "noreply@example.com", "li.wei@example.com", None, DAEMONS[0]]
	)
	@pytest.mark.parametrize("subject", AUTO_REPLIES)
	def test_subjects(self, subject, sender):
		assert mail.kind_of_received(subject, sender) == mail.OUT_OF_OFFICE

	@pytest.mark.parametrize("body", ["We are closed. Is it urgent? Then call.", "<p>谢谢您的邮件</p>"])
	@pytest.mark.parametrize("subject", AUTO_REPLIES)
	def test_such_a_subject_needs_no_body(self, subject, body):
		assert mail.kind_of_received(subject, PERSON, body) == mail.OUT_OF_OFFICE

	@pytest.mark.parametrize("subject", ANSWERED_AUTO_REPLIES)
	@pytest.mark.parametrize(
		"body",
		[
			"",
			None,
			"[Blank Email]",
			"> I am away",
			"I am on vacation until Monday.",
			"Ich bin im Urlaub und nicht erreichbar.",
			"我在休假",
			"This is an automated response.",
			"Je suis absente.",
		],
	)
	def test_behind_a_prefix_the_body_agrees(self, subject, body):
		assert mail.kind_of_received(subject, PERSON, body) == mail.OUT_OF_OFFICE

	@pytest.mark.parametrize("subject", ANSWERED_AUTO_REPLIES)
	@pytest.mark.parametrize(
		"body",
		[
			"I am back, thank you. Your price is fine.",
			"Zhang is on vacation, can you send it to me?",
			"您好，我回来了，请发报价。",
			"Danke, wir bestellen.\n\nVon: Vertrieb\nIch bin im Urlaub.",
			"<p>Thanks, received.</p><blockquote>I am on vacation until Monday.</blockquote>",
		],
	)
	def test_behind_a_prefix_a_person_answers(self, subject, body):
		assert mail.kind_of_received(subject, PERSON, body) == mail.REPLY

	@pytest.mark.parametrize(
		"subject", ["Re: Quotation", "Quotation", "回复：报价单", "", None, "Auto: parts"]
	)
	@pytest.mark.parametrize("body", ABSENCE_NOTES)
	def test_the_body_alone(self, subject, body):
		assert mail.kind_of_received(subject, PERSON, body) == mail.OUT_OF_OFFICE

	@pytest.mark.parametrize("body", ABSENCE_NOTES)
	def test_the_mail_it_answers_does_not_matter(self, body):
		quoted = (
			"\n\nOn Mon, 3 Aug 2026, Sales <us@us.example> wrote:\n> Is our offer fine?\n" + "> text\n" * 500
		)
		body = body if "<" not in body else body + "<blockquote>Is our offer fine?</blockquote>"
		assert mail.kind_of_received("Re: Quotation", PERSON, body + quoted) == mail.OUT_OF_OFFICE


class TestOtherAutomaticMail:
	@pytest.mark.parametrize("sender", [*DAEMONS, PERSON, "noreply@example.com"])
	@pytest.mark.parametrize("subject", DELAYS_AND_RECEIPTS)
	def test_delays_and_receipts(self, subject, sender):
		assert mail.kind_of_received(subject, sender) == mail.AUTOMATIC

	@pytest.mark.parametrize(
		"body",
		[
			"Your message\nTo: Li Wei\nSubject: Quotation\nSent: Monday\nwas read on Monday.",
			"<p>Ihre Nachricht wurde am Montag gelesen.</p>",
			"您的邮件已于8月3日被阅读。",
		],
	)
	def test_a_receipt_says_so(self, body):
		assert mail.kind_of_received("Read: Quotation", PERSON, body) == mail.AUTOMATIC

	@pytest.mark.parametrize(
		"subject", ["Read: this one instead", "Delayed: our decision", "延迟: 付款", "Lu : ok"]
	)
	def test_a_person_may_write_such_a_word(self, subject):
		assert mail.kind_of_received(subject, PERSON, "We need one more week.") == mail.REPLY

	@pytest.mark.parametrize("subject", ["Delivery Status Notification", "Warning", "Quotation"])
	@pytest.mark.parametrize(
		"body",
		[
			"THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.",
			"There was a temporary problem delivering your message to li@example.com. Gmail will retry for 46 more hours.",
			"系统将继续尝试投递。",
		],
	)
	def test_a_daemon_that_has_not_given_up(self, subject, body):
		assert mail.kind_of_received(subject, "mailer-daemon@example.com", body) == mail.AUTOMATIC

	def test_a_daemon_that_has(self):
		body = "This message was delayed for 5 days and has now failed permanently: 550 5.4.1 timeout"
		assert mail.kind_of_received("Quotation", "mailer-daemon@example.com", body) == mail.BOUNCE


class TestRepliesOfF4:
	@pytest.mark.parametrize("subject", REPLIES)
	@pytest.mark.parametrize("body", ["Fine with us. Please send the contract.", "好的", "<p>Gut.</p>"])
	def test_subjects(self, subject, body):
		assert mail.kind_of_received(subject, PERSON, body) == mail.REPLY

	@pytest.mark.parametrize("subject", REPLIES)
	def test_subjects_without_a_body(self, subject):
		assert mail.kind_of_received(subject, PERSON) == mail.REPLY

	@pytest.mark.parametrize("body", HUMAN_TEXTS)
	@pytest.mark.parametrize("subject", ["Re: Quotation", "Quotation", "", None, "Re: Automatic doors"])
	def test_bodies(self, subject, body):
		assert mail.kind_of_received(subject, PERSON, body) == mail.REPLY

	def test_nothing_at_all(self):
		assert mail.kind_of_received(None, None, None) == mail.kind_of_received("", "") == mail.REPLY

	def test_the_words(self):
		assert mail.KINDS == ("Reply", "Out of Office", "Bounce", "Automatic")


class TestProperties:
	texts = st.one_of(
		st.none(),
		st.text(max_size=200),
		st.lists(
			st.sampled_from(
				[
					*AUTO_REPLIES[:20], *BOUNCES[:10], *HUMAN_TEXTS, *DAEMONS, "Re: ", "[", "】", "<p>", "<", ">", "</", "<p a='",
					"<!--", "<![", "<!DOCTYPE", "<style>", "</pre", "&#", "&#x110000;", "&lt", "\n", "\0", "@", "<a@b.cc>",
				]
			),
			max_size=12,
		).map("".join),
	)  # fmt: skip

	@checked
	@given(texts, texts, texts)
	def test_any_mail_is_of_one_kind(self, subject, sender, body):
		assert mail.kind_of_received(subject, sender, body) in mail.KINDS

	@checked
	@given(texts)
	def test_addresses_are_addresses(self, body):
		found = mail.failed_addresses(body)
		assert len(found) == len(set(found))
		for address in found:
			assert (
				address == address.lower() and address.count("@") == 1 and not any(map(str.isspace, address))
			)

	@checked
	@given(
		st.sampled_from(
			["Re: ", "RE: ", "AW: ", "Antw: ", "回复：", "答复: ", "Fwd: ", "Re[3]: ", "[EXT] Re: ", ""]
		),
		st.sampled_from(
			["Quotation", "报价单", "Angebot 4711", "Your office in Paris", "Automation line", "Retours"]
		),
		st.sampled_from(["", "Fine.", "好的，谢谢", "Danke, passt so.", "Merci !"]),
	)
	def test_a_plain_reply_stays_one(self, prefix, subject, body):
		assert mail.kind_of_received(prefix + subject, PERSON, body) == mail.REPLY

	@checked
	@given(st.sampled_from(AUTO_REPLIES), st.text(max_size=100))
	def test_an_automatic_reply_stays_one_whatever_it_says(self, subject, body):
		assert mail.kind_of_received(subject, PERSON, body) == mail.OUT_OF_OFFICE

	@pytest.mark.parametrize(
		"piece",
		[
			"<", "</", "<!--", "<![", "<!", "<?", "<style", "<a ", "<p a='", "<p a='>", "<p x", "<p class=", "<p ''''>", "<p>",
			"<pre>", "</p>", "&#9", "&", "a", "@", "a@", "a@b.", "a@b.cc ", "-", " ", "\n", "\n>", "> ", "x:", "我", "ﷺ", "(",
			"on ", "i am ", "mail ", "to ", "nachricht ", "休假", "5.", "from:\n",
		],
	)  # fmt: skip
	@pytest.mark.parametrize("start", ["", "<p>"])
	def test_long_texts_take_no_time(self, piece, start):
		long = start + piece * (1_000_000 // len(piece))
		began = time.perf_counter()
		assert mail.kind_of_received(long, long, long) in mail.KINDS
		mail.kind_of_received("Read: x", PERSON, long)
		mail.failed_addresses(long)
		assert time.perf_counter() - began < 5

	@pytest.mark.parametrize("number", ["&#" + "9" * 10_000 + ";", "&#x" + "f" * 10_000, "&#99999999;"])
	@pytest.mark.parametrize("start", ["", "<p>"])
	def test_numbers_that_are_no_characters(self, number, start):
		assert mail.kind_of_received("Re: x", PERSON, start + number) == mail.REPLY


POSTFIX = """This is the mail system at host mx.us.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

For further assistance, please send mail to postmaster.

If you do so, please include this problem report.

                   The mail system

<Li.Wei@Example.com>: host mx.example.com[192.0.2.1] said: 550 5.1.1
    <Li.Wei@Example.com>: Recipient address rejected: User unknown in virtual
    mailbox table (in reply to RCPT TO command)
"""
EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  li.wei@example.com
    host mx.example.com [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<li.wei@example.com>:
    550 No such user here
  zhang@example.com
    mailbox is full

------ This is a copy of the message, including all the headers. ------

Return-path: <sales@us.example>
From: Sales <sales@us.example>
To: li.wei@example.com, zhang@example.com, wang@example.com
"""
SENDMAIL = """The original message was received at Mon, 3 Aug 2026 10:00:00 GMT
from sales@us.example [192.0.2.9]

   ----- The following addresses had permanent fatal errors -----
<li.wei@example.com>
    (reason: 550 5.1.1 <li.wei@example.com>... User unknown)

   ----- Transcript of session follows -----
... while talking to mx.example.com.:
>>> DATA
<<< 550 5.1.1 <li.wei@example.com>... User unknown
"""
QMAIL = """Hi. This is the qmail-send program at us.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<li.wei@example.com>:
192.0.2.1 does not like recipient.

--- Below this line is a copy of the message.

From: sales@us.example
"""
GOOGLE = """<html><head><style>* {font-family: x}</style></head><body><table><tr><td>
<h2>Address not found</h2>Your message wasn't delivered to <a style='color:#212121'><b>li.wei@example.com</b></a>
because the address couldn't be found, or is unable to receive mail.</td></tr></table>
<p>The response was:</p><p>550 5.1.1 The email account that you tried to reach does not exist. Please try
<a href="https://support.google.com/mail/?p=NoSuchUser">double-checking</a> 98e67ed59e1d1 - gsmtp</p></body></html>"""
EXCHANGE = """<html><body><p><b>Ihre Nachricht an <a href="mailto:li.wei@example.com">li.wei@example.com</a> konnte nicht
zugestellt werden.</b></p><p>li.wei wurde unter example.com nicht gefunden. Fragen? Wenden Sie sich an admin@us.example.</p>
<p>Ursprüngliche Nachrichtenkopfzeilen:</p><pre>Received: from mx.us.example
From: Sales &lt;sales@us.example&gt;
To: "li.wei@example.com" &lt;li.wei@example.com&gt;, zhang@example.com
Message-ID: &lt;abc.123@us.example&gt;</pre></body></html>"""
QQ = """<html><body><table><tr><td>原邮件信息</td></tr><tr><td>发件人：sales@us.example</td></tr>
<tr><td colspan="2">无法发送到 Li.Wei@example.com</td></tr>
<tr><td>退信原因</td><td> host mx.example.com[192.0.2.1] said: 550 5.1.1 user unknown</td></tr></table></body></html>"""
COREMAIL = """<h1>抱歉，您的邮件被退回来了……</h1><table><tr><th>原邮件信息：</th><td><table>
<tr><th>时　间：</th><td>2026-08-03 10:00:00</td></tr><tr><th>主　题：</th><td>报价单 sales@us.example</td></tr>
<tr><th>收件人：</th><td>li.wei@example.com</td></tr></table></td></tr>
<tr><th>退信原因：</th><td>Can not connect to example.com</td></tr></table>"""
COREMAIL_TWO = """尊敬的用户：
您的邮箱账号（sales@us.example）发送的邮件被系统退回。
收件人/To : li.wei@example.com
"""
FIELDS = """Reporting-MTA: dns; mx.us.example

Original-Recipient: rfc822;li.wei@example.com
Final-Recipient: rfc822;wei@mail.example.com
Action: failed
Status: 5.1.1

Final-Recipient: rfc822; zhang@example.com
Action: delivered

Final-Recipient: RFC822; Wang@example.com
Action: failed
Diagnostic-Code: smtp; 550 5.7.1 <sales@us.example>: refused
"""


class TestFailedAddresses:
	@pytest.mark.parametrize(
		("body", "failed"),
		[
			(POSTFIX, ["li.wei@example.com"]),
			(EXIM, ["li.wei@example.com", "zhang@example.com"]),
			(SENDMAIL, ["li.wei@example.com"]),
			(QMAIL, ["li.wei@example.com"]),
			(GOOGLE, ["li.wei@example.com"]),
			(EXCHANGE, ["li.wei@example.com"]),
			(QQ, ["li.wei@example.com"]),
			(COREMAIL, ["li.wei@example.com"]),
			(COREMAIL_TWO, ["li.wei@example.com"]),
			(FIELDS, ["li.wei@example.com", "wei@mail.example.com", "wang@example.com"]),
			("X-Failed-Recipients: a@example.com, B@example.com", ["a@example.com", "b@example.com"]),
			(POSTFIX.replace("\n", "\n\n"), ["li.wei@example.com"]),
			(POSTFIX + FIELDS, ["li.wei@example.com", "wei@mail.example.com", "wang@example.com"]),
			("无法发送到li.wei@example.com。", ["li.wei@example.com"]),
			("您发给o'brien@example.com的邮件未能送达", ["o'brien@example.com"]),
			("'li.wei@example.com' on 03.08.2026 10:00\n  No such user", ["li.wei@example.com"]),
			("Votre message à li@müller-gmbh.de n'a pas pu être remis.", ["li@müller-gmbh.de"]),
			("Gone: the mailbox of li@example.com", ["li@example.com"]),
		],
	)
	def test_reports(self, body, failed):
		assert mail.failed_addresses(body) == failed

	@pytest.mark.parametrize(
		"body", [POSTFIX, EXIM, SENDMAIL, QMAIL, GOOGLE, EXCHANGE, QQ, COREMAIL, COREMAIL_TWO]
	)
	def test_they_are_bounces(self, body):
		assert mail.kind_of_received("Undeliverable: Quotation", "noreply@example.com", body) == mail.BOUNCE

	def test_what_frappe_leaves_of_a_report_without_html(self):
		"""Only the headers of the mail that came back, and its text."""
		body = (
			"<hr><p>From: Sales &lt;sales@us.example&gt;</p>\n<p>To: Li Wei &lt;Li@example.com&gt;</p>\n"
			"<p>Subject: Quotation</p><p>Dear Li, write to sales@us.example or support@us.example</p>"
		)
		assert mail.failed_addresses(body) == ["li@example.com"]

	@pytest.mark.parametrize(
		"body",
		[
			None,
			"",
			"Undelivered",
			"From: sales@us.example\nTo: li@example.com, zhang@example.com",
			"From: sales@us.example\nTo: li@example.com,\n zhang@example.com",
			"For help contact admin@example.com",
			"Please send mail to admin@example.com.",
			"To: MAILER-DAEMON@example.com",
			"<postmaster@example.com>: user unknown",
			"550 5.7.1 <sales@us.example>: Sender address rejected: not logged in",
			"a@b",
			"@example.com",
		],
	)
	def test_nobody_is_named(self, body):
		assert mail.failed_addresses(body) == []
