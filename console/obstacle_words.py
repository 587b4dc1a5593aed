"""What keeps chats from being as they should be, in Russian: what it is, and what to do.

Total over ``ObstacleKind`` and ``CatchUpCause``: one without words fails the tests, not the page.
"""

from dataclasses import dataclass

from domain.gate import CatchUpCause
from domain.obstacles import Obstacle, ObstacleKind


@dataclass(frozen=True, slots=True)
class ObstacleWords:
    """``what`` says it of the number before it; ``advice`` is what a person can do."""

    what: str
    advice: str
    stops_all: bool = False
    counted: bool = True


WORDS = {
    ObstacleKind.GAP: ObstacleWords(
        "в Kafka не хватает записей",
        "Выясните, что потеряно, и подтвердите пропуск: rollcall gaps.",
        stops_all=True,
    ),
    ObstacleKind.STOPPED: ObstacleWords(
        "разделов Kafka остановлено: на их записях ошибается наша программа",
        "Обновите Rollcall, затем: rollcall quarantine retry.",
    ),
    ObstacleKind.READ_ONLY: ObstacleWords(
        "PostgreSQL не принимает изменений (только чтение)",
        "Проверьте, тот ли сервер главный и есть ли место на диске.",
        stops_all=True,
        counted=False,
    ),
    ObstacleKind.CATCHING_UP: ObstacleWords(
        "сначала читаем накопившиеся события",
        "Пройдёт само; чаты пока не меняются.",
        stops_all=True,
        counted=False,
    ),
    ObstacleKind.UNWATCHED: ObstacleWords(
        "неизвестно, сколько событий не прочитано",
        "Проверьте, что работает процесс ingest и отвечает Kafka.",
        stops_all=True,
        counted=False,
    ),
    ObstacleKind.MISSING: ObstacleWords(
        "топиков Kafka, которые надо читать, нет; удаления отложены",
        "Создайте топик заново или исправьте настройку kafka.topics.",
    ),
    ObstacleKind.UNREAD: ObstacleWords(
        "события ждут чтения, удаления отложены",
        "Обычно проходит за секунды; если нет — смотрите журнал процесса ingest.",
        counted=False,
    ),
    ObstacleKind.UNDERIVED: ObstacleWords(
        "изменения ждут пересчёта, удаления отложены",
        "Обычно проходит за секунды; если нет — смотрите журнал процесса derive.",
        counted=False,
    ),
    ObstacleKind.TOKEN_REFUSED: ObstacleWords(
        "чатов ждут: мессенджер не принимает наш токен",
        "Проверьте токен бота; пробуем раз в минуту.",
        stops_all=True,
    ),
    ObstacleKind.MESSENGER_FAILING: ObstacleWords(
        "чатов ждут: мессенджер не отвечает или отвечает ошибками",
        "Пробуем с растущими паузами; если долго — обратитесь в поддержку MAX.",
    ),
    ObstacleKind.ANSWERS_REFUTED: ObstacleWords(
        "чатов, где мессенджер ответил «сделано», а чтение показало обратное",
        "Обратитесь в поддержку MAX; чаты, которые никто не читал, перечитываются первыми.",
    ),
    ObstacleKind.WEBHOOK_LOST: ObstacleWords(
        "мессенджер не хранит наш вебхук, изменения видны только при обходе чатов",
        "Проверьте адрес вебхука снаружи и его сертификат.",
        counted=False,
    ),
    ObstacleKind.ADDING_OFF: ObstacleWords(
        "мессенджер никого не добавляет, люди входят по ссылкам",
        "Раздайте ссылки на чаты.",
        counted=False,
    ),
    ObstacleKind.HELD: ObstacleWords(
        "чатов ждут решения: удалений больше, чем разрешено",
        "Посмотрите, кого это касается, и решите: rollcall plan.",
    ),
    ObstacleKind.UNLINKING: ObstacleWords(
        "чатов ждут решения: слишком многие отвязали или сменили профиль",
        "Проверьте, исправна ли служба профилей, и решите: rollcall plan.",
    ),
    ObstacleKind.FLAPPING: ObstacleWords(
        "чатов, где человека снова и снова исключают и возвращают",
        "Выясните, что не так в реестре, и решите: rollcall plan.",
    ),
    ObstacleKind.REJECTED: ObstacleWords(
        "чатов, где удаления отклонены человеком",
        "Делать ничего не нужно; передумать можно: rollcall plan, rollcall approve.",
    ),
    ObstacleKind.PARKED: ObstacleWords(
        "чатов, в которых бот ничего не может сделать",
        "Верните боту права администратора в этих чатах.",
    ),
    ObstacleKind.GONE: ObstacleWords(
        "чатов удалено в MAX",
        "Если чат нужен, создайте его заново: rollcall bring-back.",
    ),
    ObstacleKind.REFUSED: ObstacleWords(
        "чатов, где мессенджер отказал в действии", "Пробуем раз в день; код — в журнале."
    ),
    ObstacleKind.FAILING: ObstacleWords(
        "чатов не удаётся обновить несколько раз подряд",
        "Пробуем с паузами до 15 минут; причина указана рядом.",
    ),
    ObstacleKind.SHORT_READ: ObstacleWords(
        "чатов, где участников больше, чем показано в списке",
        "Делаем всё, что следует из списка; перечитываем раз в день.",
    ),
    ObstacleKind.STUCK: ObstacleWords(
        "профилей, с которыми мессенджер не даёт ничего сделать",
        "Остальные обновляются; код указан рядом, пробуем раз в день.",
    ),
    ObstacleKind.UNDONE: ObstacleWords(
        "раз исправленное в чатах менялось обратно",
        "Исправляем три раза в день; найдите, кто или какой бот меняет обратно.",
    ),
    ObstacleKind.OWN_ACCOUNT: ObstacleWords(
        "учебных профилей указывают на аккаунт самого бота",
        "Исправьте привязку этих профилей; бот остаётся во всех чатах.",
    ),
    ObstacleKind.UNHEARD: ObstacleWords(
        "человек отвязали профиль, а мессенджер этого ещё не принял",
        "Из чатов они исключаются всё равно; причина — в журнале: profile_link.",
    ),
    ObstacleKind.LESSON_WAITS: ObstacleWords(
        "дистанционных уроков, звонок которых ждёт: чата предмета, реестра или конца звонка",
        "Пройдёт само; если нет чата, нужен хоть один учебный профиль в группе.",
    ),
    ObstacleKind.LESSON_FAILS: ObstacleWords(
        "дистанционных уроков, для которых мессенджер отказывает или не отвечает",
        "Причина указана рядом; предупредите учителей, если урок скоро.",
    ),
    ObstacleKind.BLOCKED: ObstacleWords(
        "профилей мессенджер не добавляет",
        "Чаще всего мешает настройка приватности: раздайте ссылки на чаты.",
    ),
    ObstacleKind.SET_ASIDE: ObstacleWords(
        "записей отложено из-за ошибки нашей программы",
        "Обновите Rollcall, затем: rollcall quarantine retry.",
    ),
    ObstacleKind.UNPUBLISHED: ObstacleWords(
        "наших событий ждут отправки в Kafka",
        "Проверьте, принимает ли Kafka запись в топики rollcall.*; причина — в журнале.",
    ),
    ObstacleKind.LEFT: ObstacleWords(
        "человек вышли из чатов и пока не возвращены", "Смотрите «Изменения в MAX»."
    ),
}

_CATCH_UPS = {
    CatchUpCause.NEW_DATABASE.value: "новая база данных",
    CatchUpCause.START.value: "сверка чатов только что запущена",
    CatchUpCause.REPLAY.value: "события читаются заново",
    CatchUpCause.GAP_ACKNOWLEDGED.value: "пропуск записей подтверждён",
    CatchUpCause.RESTORED.value: "база данных восстановлена из копии",
    CatchUpCause.TOPIC_ANEW.value: "топик создан заново",
    CatchUpCause.LOG_SHORTER.value: "топик кончается раньше, чем уже прочитано",
    CatchUpCause.OTHER_RECORDS.value: "в топике не те записи, что были прочитаны",
}


def words_of(obstacle: Obstacle) -> ObstacleWords:
    """The words for it."""
    return WORDS[obstacle.kind]


def catch_up(reason: str) -> str:
    """Why everything is read first; a reason of another version is shown as it is."""
    return _CATCH_UPS.get(reason, reason)
