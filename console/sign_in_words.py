"""The words of signing in, in Russian. Total over their enums."""

from console.identity.errors import Refusal
from projections.staff.cast import Part

CAST_PARTS = {
    Part.ADMINISTRATOR: "Администраторы ОО",
    Part.CLASS_TEACHER: "Классные руководители",
    Part.TEACHER: "Учителя",
    Part.STAFF: "Сотрудники без роли учителя",
    Part.PARENT: "Родители",
    Part.PUPIL: "Ученики",
}

REFUSALS = {
    None: (
        "Вход сейчас не работает",
        (
            "Система входа не отвечает. Попробуйте через несколько минут; если не поможет, "
            "сообщите администратору."
        ),
    ),
    Refusal.DENIED: ("Вы не вошли", "Вход был отменён. Чтобы войти, начните ещё раз."),
    Refusal.STALE: (
        "Вход не завершён",
        "Прошло слишком много времени, или вход начат в другом окне. Начните ещё раз.",
    ),
    Refusal.UNTRUSTED: (
        "Войти не получилось",
        (
            "Ответ системы входа не прошёл проверку. Начните ещё раз; если не поможет, "
            "сообщите администратору."
        ),
    ),
    Refusal.NOBODY: (
        "Вас нет в реестре",
        "Вы вошли, но ваша учётная запись не связана ни с кем из реестра школ. Обратитесь в школу.",
    ),
}
"""Why nobody was signed in: what it is, and what to do. None: the provider does not answer."""
